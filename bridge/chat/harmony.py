"""gpt-oss's messages: each has a header that says what it is."""

from __future__ import annotations

from bridge.chat.calls import FORMATS
from bridge.chat.held import Kind
from bridge.chat.splitter import Splitter

_MESSAGE = "<|message|>"
_TO = next(form.head for form in FORMATS if form.name == "harmony")


class HarmonySplitter(Splitter):
    """
    Reads `<|channel|>analysis<|message|>…<|end|><|start|>assistant<|channel|>final<|message|>…`.

    The analysis is thinking, the other channels are the answer, and a message to
    `functions.NAME` is a call.
    """

    @property
    def answering(self) -> bool:
        """
        Whether what comes next is the answer or a call: what a constraint is about.

        Headers are, where a tool may be called: they say which.
        """
        return super().answering and (self._form is not None or self._state != self._start)

    @property
    def call_begin(self) -> int | None:
        """Where what is or may become a call begins: with a header, whosever it is."""
        if self._form is not None and self._state == self._start:
            return self._end
        return super().call_begin

    def _start(self) -> bool:
        at = self._buffer.find(_MESSAGE)
        if at < 0:
            return False
        header = self._buffer[:at]
        called = _TO.search(header)
        self._call_begin = self._end
        self._take(at + len(_MESSAGE), Kind.NOTHING)
        if called and called["name"] in self._tools:
            self._call_tool(called["name"])
            return self._go(self._arguments)
        return self._go(self._thought if "analysis" in header else self._answer)

    def _finish(self) -> None:
        if self._state == self._start and self._buffer.lstrip().startswith("<|"):
            self._take(len(self._buffer), Kind.NOTHING)  # A header that was begun and no more.
        super()._finish()
