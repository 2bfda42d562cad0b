"""The values of a JSON text, each as soon as it is complete, while the text is being written."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from bridge.protocol import Json

MAX_VALUE = 1 << 16
"""Values of more characters are not told one by one: they would fill a message each."""

_MAX_DEPTH = 64
_BLANK = " \t\r\n"


@dataclass(slots=True)
class _Open:
    """An object or a list that is being read: where it begins, and what its next value is."""

    begin: int
    is_list: bool
    step: str = "0"
    expects_name: bool = True
    size: int = field(default=0)


class FieldReader:
    """
    Reads a JSON text in pieces.

    Told are the values within the outermost one, inner ones first, each with its JSON pointer. A
    text that is no JSON is left where it stops being it: nothing more is told of it.
    """

    def __init__(self) -> None:
        self._text = ""
        self._at = 0
        self._stack: list[_Open] = []
        self._begin: int | None = None
        """Where the text or the plain value begins that is being read."""
        self._broken = False

    def push(self, text: str) -> list[tuple[str, Json]]:
        """Take in more of the text; return what is complete, as pointers and values."""
        if self._broken:
            return []
        self._text += text
        found: list[tuple[str, Json]] = []
        try:
            while self._at < len(self._text) and self._step(found):
                pass
        except ValueError:
            self._broken = True
        self._drop()
        return found

    def _step(self, found: list[tuple[str, Json]]) -> bool:
        """Read on by one sign, or to the end of a text or a plain value; False if it has none."""
        if self._begin is not None:
            return self._value(found)
        char = self._text[self._at]
        if char in "{[":
            if len(self._stack) == _MAX_DEPTH:
                raise ValueError("too deep")
            self._stack.append(_Open(self._at, char == "["))
        elif char in "}]":
            self._close(found)
        elif char == ",":
            self._next()
        elif char == ":":
            self._top.expects_name = False
        elif char not in _BLANK:
            self._begin = self._at
            self._at += char == '"'
            return True
        self._at += 1
        return True

    @property
    def _top(self) -> _Open:
        if not self._stack:
            raise ValueError("nothing is open")
        return self._stack[-1]

    def _next(self) -> None:
        top = self._top
        top.size += 1
        top.expects_name = True
        if top.is_list:
            top.step = str(top.size)

    def _value(self, found: list[tuple[str, Json]]) -> bool:
        begin = self._begin or 0
        end = self._end_of_text() if self._text[begin] == '"' else self._end_of_word()
        if end is None:
            return False
        self._begin, self._at = None, end
        value = json.loads(self._text[begin:end])
        if not self._stack:
            return True  # The whole reply, which the last message tells.
        top = self._top
        if not top.is_list and top.expects_name:
            top.step = str(value)
        elif end - begin <= MAX_VALUE:
            found.append((self._pointer(), value))
        return True

    def _end_of_text(self) -> int | None:
        at = self._at
        while (quote := self._text.find('"', at)) >= 0:
            escape = self._text.find("\\", at, quote)
            if escape < 0:
                return quote + 1
            at = escape + 2
        escape = self._text.find("\\", at)
        while escape >= 0 and escape + 1 < len(self._text):
            at = escape + 2
            escape = self._text.find("\\", at)
        self._at = len(self._text) if escape < 0 else escape
        return None

    def _end_of_word(self) -> int | None:
        while self._at < len(self._text):
            if self._text[self._at] in ",]}" + _BLANK:
                return self._at
            self._at += 1
        return None

    def _close(self, found: list[tuple[str, Json]]) -> None:
        opened = self._top
        self._stack.pop()
        size = self._at + 1 - opened.begin
        if self._stack and size <= MAX_VALUE:
            value = json.loads(self._text[opened.begin : self._at + 1])
            found.append((self._pointer(), value))

    def _pointer(self) -> str:
        steps = (each.step.replace("~", "~0").replace("/", "~1") for each in self._stack)
        return "/" + "/".join(steps)

    def _drop(self) -> None:
        """Forget what no value can need any more."""
        needed = self._at if self._begin is None else self._begin
        inner = [each.begin for each in self._stack[1:] if self._at - each.begin <= MAX_VALUE]
        cut = min([needed, *inner])
        if cut > MAX_VALUE:
            self._text = self._text[cut:]
            self._at -= cut
            self._begin = None if self._begin is None else self._begin - cut
            for each in self._stack:
                each.begin -= cut
