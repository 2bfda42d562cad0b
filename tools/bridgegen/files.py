"""Write the outputs, or tell how the files differ from what they should be."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path

from tools.bridgegen.render import OWNED

_SHOWN = 40  # lines of a difference; the rest is more of the same


def write(outputs: Mapping[str, bytes], root: Path) -> list[str]:
    """Write what has changed and delete what is left over; returns the paths of both."""
    changed = [path for path, data in outputs.items() if _bytes(root / path) != data]
    for path in changed:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(outputs[path])
    left = list(_left_over(outputs, root))
    for path in left:
        (root / path).unlink()
    return [*changed, *left]


def differences(outputs: Mapping[str, bytes], root: Path) -> list[str]:
    """Return a diff for every file that is not as it would be written; none: all is in step."""
    found = []
    for path, data in outputs.items():
        there = _bytes(root / path)
        if there is None:
            found.append(f"{path} is missing\n")
        elif there != data:
            found.append(_diff(path, there, data))
    return found + [f"{path} is left over\n" for path in _left_over(outputs, root)]


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _left_over(outputs: Mapping[str, bytes], root: Path) -> Iterator[str]:
    for folder in OWNED:
        for path in sorted((root / folder).rglob("*")):
            name = path.relative_to(root).as_posix()
            if path.is_file() and name not in outputs:
                yield name


def _diff(path: str, there: bytes, data: bytes) -> str:
    before, after = (
        text.decode(errors="replace").splitlines(keepends=True) for text in (there, data)
    )
    lines = list(difflib.unified_diff(before, after, path, f"{path} (generated)"))
    more = [f"... and {len(lines) - _SHOWN} more lines\n"] if len(lines) > _SHOWN else []
    return "".join([*lines[:_SHOWN], *more]) or f"{path} differs in its line ends\n"
