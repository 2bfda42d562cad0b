"""How a schema is refused: with the place, the keyword and what to do."""

from __future__ import annotations

from bridge.errors import ErrorCode, HearsayError


def unsupported(keyword: str, path: str, why: str) -> HearsayError:
    """Return the error for a keyword that a reply cannot be held to; `path` is its schema's."""
    place = f"{path}.{keyword}"
    return HearsayError(ErrorCode.UNSUPPORTED, f"Unsupported '{place}': {why}", place)


def invalid(place: str, why: str) -> HearsayError:
    """Return the error for what is wrong at a place."""
    return HearsayError(ErrorCode.INVALID_REQUEST, f"Invalid '{place}': {why}", place)


def blamed(error: HearsayError, place: str) -> HearsayError:
    """Return an error of the compiler's with the place of what did not compile."""
    reason = error.message.rpartition("failed to compile JSON schema: ")[2]
    reason = reason.replace("Unsatisfiable schema", "no reply can match it")
    return HearsayError(error.code, f"Invalid '{place}': {reason}", place)
