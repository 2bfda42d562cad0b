"""Reads llama.cpp's GBNF into a tree."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

MOST_REPEATS = 2000
"""llama.cpp's own limit."""

_DEPTH = 50
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", '"': '"', "[": "[", "]": "]"}
_HEX = {"x": 2, "u": 4, "U": 8}
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_COUNT = re.compile(r"\{\s*(\d+)\s*(,?)\s*(\d*)\s*\}")
_BLANK = re.compile(r"(?:[ \t]|#[^\r\n]*)*")
_BLANK_LINES = re.compile(r"(?:\s|#[^\r\n]*)*")


class GbnfError(Exception):
    """What is wrong with a grammar, and in which line."""


@dataclass(frozen=True, slots=True)
class Node:
    """
    A part of a rule.

    `text`: a literal's, a class as a regex, a rule's name, or how often a `repeat` may come.
    """

    kind: Literal["text", "class", "rule", "sequence", "either", "repeat"]
    text: str = ""
    parts: tuple[Node, ...] = ()


def read(text: str) -> dict[str, Node]:
    """Return the rules by name; raises GbnfError, also for a name that is no rule."""
    return _Reader(text).read()


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0
        self._used: dict[str, int] = {}

    def read(self) -> dict[str, Node]:
        rules: dict[str, Node] = {}
        self._skip(_BLANK_LINES)
        while self._at < len(self._text):
            name = self._name("a rule's name")
            self._skip(_BLANK)
            if not self._text.startswith("::=", self._at):
                raise self._error("expected '::='")
            self._at += 3
            self._skip(_BLANK_LINES)
            rules[name] = self._either(nested=False)
            if self._peek() not in ("", "\r", "\n"):
                raise self._error(f"unexpected {self._peek()!r}")
            self._skip(_BLANK_LINES)
        for name, at in self._used.items():
            if name not in rules:
                self._at = at
                raise self._error(f"there is no rule {name!r}")
        return rules

    def _either(self, *, nested: bool) -> Node:
        parts = [self._sequence(nested=nested)]
        while self._peek() == "|":
            self._at += 1
            self._skip(_BLANK_LINES)
            parts.append(self._sequence(nested=nested))
        return parts[0] if len(parts) == 1 else Node("either", parts=tuple(parts))

    def _sequence(self, *, nested: bool) -> Node:
        blank = _BLANK_LINES if nested else _BLANK
        parts: list[Node] = []
        while (char := self._peek()) and char not in "|)\r\n":
            part = self._part(char)
            self._skip(blank)
            while (times := self._times()) is not None:
                part = Node("repeat", times, (part,))
                self._skip(blank)
            parts.append(part)
        return parts[0] if len(parts) == 1 else Node("sequence", parts=tuple(parts))

    def _part(self, char: str) -> Node:
        match char:
            case '"':
                return self._literal()
            case "[":
                return self._class()
            case "(":
                return self._group()
            case ".":
                self._at += 1
                return Node("class", r"[\s\S]")
        at = self._at
        name = self._name("a text, a class, a group or a rule")
        self._used.setdefault(name, at)
        return Node("rule", name)

    def _group(self) -> Node:
        self._at += 1
        self._depth += 1
        if self._depth > _DEPTH:
            raise self._error(f"groups are more than {_DEPTH} deep")
        self._skip(_BLANK_LINES)
        inner = self._either(nested=True)
        if self._peek() != ")":
            raise self._error("expected ')'")
        self._at += 1
        self._depth -= 1
        return inner

    def _times(self) -> str | None:
        char = self._peek()
        if char and char in "*+?":
            self._at += 1
            return char
        if char != "{":
            return None
        found = _COUNT.match(self._text, self._at)
        if not found:
            raise self._error("expected a count such as {2} or {1,3}")
        least, most = int(found[1]), int(found[3] or 0) if found[2] else int(found[1])
        if max(least, most) > MOST_REPEATS:
            raise self._error(f"more than {MOST_REPEATS} repetitions")
        if found[3] and most < least:
            raise self._error("the second count is less than the first")
        self._at = found.end()
        return f"{{{least},{found[3]}}}" if found[2] else f"{{{least}}}"

    def _literal(self) -> Node:
        self._at += 1
        chars: list[str] = []
        while (char := self._next("a '\"'")) != '"':
            chars.append(self._escape() if char == "\\" else char)
        return Node("text", "".join(chars))

    def _class(self) -> Node:
        self._at += 1
        members: list[str] = []
        if self._peek() == "^":
            self._at += 1
            members.append("^")
        while (char := self._next("a ']'")) != "]":
            low = self._escape() if char == "\\" else char
            members.append(f"\\x{{{ord(low):x}}}")
            if self._peek() == "-" and self._text[self._at + 1 : self._at + 2] not in ("]", ""):
                self._at += 1
                high = self._next("a ']'")
                end = self._escape() if high == "\\" else high
                if end < low:
                    raise self._error("a range ends before it begins")
                members.append(f"-\\x{{{ord(end):x}}}")
        if members in ([], ["^"]):
            raise self._error("a class is empty")
        return Node("class", f"[{''.join(members)}]")

    def _escape(self) -> str:
        kind = self._next("an escape")
        if kind in _ESCAPES:
            return _ESCAPES[kind]
        digits = self._text[self._at : self._at + _HEX.get(kind, 0)]
        if kind not in _HEX or len(digits) < _HEX[kind] or not re.fullmatch("[0-9A-Fa-f]+", digits):
            raise self._error(f"unknown escape '\\{kind}'")
        code = int(digits, 16)
        if code > 0x10FFFF or 0xD800 <= code < 0xE000:
            raise self._error("an escape is no character")
        self._at += len(digits)
        return chr(code)

    def _name(self, what: str) -> str:
        found = _NAME.match(self._text, self._at)
        if not found:
            raise self._error(f"expected {what}")
        self._at = found.end()
        return found.group()

    def _next(self, what: str) -> str:
        char = self._peek()
        if not char:
            raise self._error(f"expected {what}")
        self._at += 1
        return char

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _skip(self, blank: re.Pattern[str]) -> None:
        found = blank.match(self._text, self._at)
        self._at = found.end() if found else self._at

    def _error(self, message: str) -> GbnfError:
        line = self._text.count("\n", 0, self._at) + 1
        return GbnfError(f"{message}, in line {line}")
