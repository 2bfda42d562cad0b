"""What a model may be called: `org/name`, with or without the `in-memory::` before it."""

from __future__ import annotations

from bridge.errors import ErrorCode, HearsayError
from bridge.protocol import MODEL_PREFIX

MAX_LENGTH = 512
"""Characters in an id."""

# They mean something to a shell, a path or a URL, so an id has none of them.
FORBIDDEN = frozenset('\\:*?"<>|#%')


def canonical(model: str) -> str:
    """Return an id without the `in-memory::` that clients may put before it."""
    return model.removeprefix(MODEL_PREFIX)


def is_name(text: str) -> bool:
    """Return whether `text` could be a model's id or an alias."""
    return 0 < len(text) <= MAX_LENGTH and all(_is_segment(part) for part in text.split("/"))


def check_name(text: str) -> str:
    """Return the canonical form of an id or alias; raises HearsayError when it cannot be one."""
    name = canonical(text)
    if not is_name(name):
        message = (
            f"{text!r} cannot be a model's name; use letters, digits, '-', '_', '.' "
            "and '/' between parts."
        )
        raise HearsayError(ErrorCode.INVALID_REQUEST, message, "model")
    return name


def _is_segment(part: str) -> bool:
    clean = part.isprintable() and not FORBIDDEN.intersection(part)
    return clean and part != "" and part == part.strip() and not part.startswith(".")
