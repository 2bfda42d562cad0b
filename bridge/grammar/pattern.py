"""From a JSON schema's regex, which is JavaScript's, to Rust's: the same language or a refusal."""

from __future__ import annotations

import re
from collections.abc import Sequence

ANY = r"[\s\S]"

_TOKEN = re.compile(
    r"""
    (?P<escape>\\(?:u[0-9a-fA-F]{4}|u\{[0-9a-fA-F]{1,6}\}|x[0-9a-fA-F]{2}|[pP]\{[A-Za-z_=]+\}|c.|.|$))
  | (?P<group>\(\?(?:<[A-Za-z_]\w*>|[^:]|$)?)
  | (?P<count>\{\d+(?:,\d*)?\})
  | (?P<any>\[(?:\\s\\S|\\S\\s|\\d\\D|\\w\\W)\])
  | (?P<open>\[\^?\]?)
  | (?P<char>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_PIECE = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|.", re.DOTALL)
"""A part of a regex in Rust's syntax: an escape, a class or one sign."""

_CLASSES = {
    "s": r" \t\n\r\f\v",
    "d": "0-9",
    "w": "0-9A-Za-z_",
}
_OUTSIDE = {
    # Blanks to anybody: what JavaScript, Python and Rust agree on.
    "s": r"[ \t\n\r\f\v]",
    "S": r"[^\s\x1c-\x1f\x{feff}]",
    "d": "[0-9]",
    "D": "[^0-9]",
    "w": "[0-9A-Za-z_]",
    "W": "[^0-9A-Za-z_]",
}
_PLAIN = frozenset("nrtfv")


class PatternError(Exception):
    """A regex that has no equal in Rust's syntax, or is none; the message says why."""


def translate(pattern: str) -> str:
    """Return the regex in Rust's syntax; raises PatternError."""
    return _Translator(pattern).run()


def none_of(texts: Sequence[str]) -> str:
    """Return a regex, in JavaScript's syntax, that matches every text but these."""
    return f"^(?:{_none_of(sorted(set(texts)))})$"


def whole(translated: str) -> str:
    """
    Return what a whole text matches in which a regex, in Rust's syntax, is to be found.

    Raises PatternError where `^` or `$` stand elsewhere than around an alternative.
    """
    parts: list[list[str]] = [[]]
    depth = 0
    for piece in _PIECE.findall(translated):
        depth += (piece == "(") - (piece == ")")
        if piece == "|" and not depth:
            parts.append([])
        else:
            parts[-1].append(piece)
    return "|".join(map(_anchored, parts))


class _Translator:
    """Reads token by token; `_out` is what has been translated."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0
        self._out: list[str] = []

    def run(self) -> str:
        while self._at < len(self._pattern):
            found = _TOKEN.match(self._pattern, self._at)
            if found is None:  # pragma: no cover - the last alternative takes anything
                raise PatternError("it is no regex")
            self._at = found.end()
            getattr(self, f"_{found.lastgroup}")(found.group())
        return "".join(self._out)

    def _escape(self, text: str) -> None:
        self._out.append(_OUTSIDE.get(text[1:]) or _escaped(text))

    def _group(self, text: str) -> None:
        if text == "(?" and self._pattern[self._at : self._at + 1] == ":":
            self._out.append("(?")
        elif text.endswith(">") and len(text) > 3:
            self._out.append("(?:")
        else:
            raise PatternError(f"'{text}' (a look around, or a flag) is not supported")

    def _count(self, text: str) -> None:
        self._out.append(text)
        self._skip_lazy()

    def _any(self, _: str) -> None:
        self._out.append(ANY)

    def _open(self, text: str) -> None:
        if text.endswith("]"):
            raise PatternError(f"'{text}' is an empty class")
        self._out.append(text)
        while (char := self._next()) != "]":
            self._out.append(self._member(char))
        self._out.append("]")

    def _member(self, char: str) -> str:
        if char != "\\":
            return "\\" + char if char in "[&~" else char
        self._at -= 1
        found = _TOKEN.match(self._pattern, self._at)
        text = found.group() if found else "\\"
        self._at += len(text)
        if text[1:] in "SDWbB":
            raise PatternError(f"'{text}' within a class is not supported")
        return _CLASSES.get(text[1:]) or _escaped(text)

    def _next(self) -> str:
        char = self._pattern[self._at : self._at + 1]
        if not char:
            raise PatternError("a '[' is not closed")
        self._at += 1
        return char

    def _char(self, char: str) -> None:
        if char == ".":
            self._out.append(r"[^\n\r\x{2028}\x{2029}]")
        elif char in "{}]":
            self._out.append("\\" + char)
        else:
            self._out.append(char)
            if char in "*+?":
                self._skip_lazy()

    def _skip_lazy(self) -> None:
        # Lazy or not is a question of which match is found; the language is the same.
        if self._pattern[self._at : self._at + 1] == "?":
            self._at += 1
        if self._pattern[self._at : self._at + 1] in ("*", "+", "?"):
            raise PatternError("there is nothing to repeat")


def _escaped(text: str) -> str:
    """Return an escape of one character, or of a class by property, as Rust spells it."""
    body = text[1:]
    if not body:
        raise PatternError("it ends with a backslash")
    if body[0] in "ux" and len(body) > 1:
        return f"\\x{{{body[1:].strip('{}')}}}"
    if body[0] in "pP" and len(body) > 1:
        return text
    if body == "0":
        return r"\x00"
    if body in _PLAIN:
        return text
    if body.isalnum():
        raise PatternError(f"'{text}' is not supported")
    return _literal(body)


def _none_of(texts: Sequence[str]) -> str:
    """Return the alternatives for what may follow so that none of these endings is met."""
    parts = [] if "" in texts else [""]
    children: dict[str, list[str]] = {}
    for text in filter(None, texts):
        children.setdefault(text[0], []).append(text[1:])
    if children:
        others = "".join(map(_code, children))
        parts.append(f"[^{others}]{ANY}*")
    else:
        parts.append(f"{ANY}+")
    parts += [f"{_code(char)}(?:{_none_of(rest)})" for char, rest in children.items()]
    return "|".join(parts)


def _anchored(pieces: list[str]) -> str:
    begins, ends = pieces[:1] == ["^"], pieces[-1:] == ["$"]
    inside = pieces[begins : len(pieces) - ends]
    if "^" in inside or "$" in inside:
        raise PatternError("a '^' or '$' within it is not supported")
    return f"{'' if begins else f'{ANY}*'}(?:{''.join(inside)}){'' if ends else f'{ANY}*'}"


def _literal(char: str) -> str:
    return char if char.isalnum() else f"\\x{{{ord(char):x}}}"


def _code(char: str) -> str:
    return f"\\u{{{ord(char):x}}}"
