"""What a model writes, told apart: thinking, answer, calls of tools."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from bridge.chat.arguments import ValueEnd, from_gemma, from_tags, whole_call
from bridge.chat.calls import Body, CallFormat
from bridge.chat.held import Held, Kind, Piece, overlap
from bridge.chat.thinking import ThinkStyle
from bridge.protocol import Json

Tools = Mapping[str, Mapping[str, Json]]
"""The schema of the parameters of each tool, by its name."""

LONGEST_HEAD = 256
"""What has not become a call after so many code points is none."""

_BARE_HEADS = ('{"name":"', '{"type":"function","name":"')
_SPACE = re.compile(r"\s")
_TAGS_END = re.compile(r"(?:^|\n)</function>")


class Splitter(Held):
    """
    Takes text as it is written, however it is cut, and tells it apart.

    Nothing leaves that may be the beginning of a tag, a stop string or a call. Stop strings end
    the answer and are not looked for in thinking or in calls. What looks like a call and is none
    (no tool of that name, not the family's form) is text. `single` ends the reply with its first
    call. `opened`: the prompt has begun the thinking already.
    """

    def __init__(
        self,
        *,
        style: ThinkStyle | None = None,
        opened: bool = False,
        form: CallFormat | None = None,
        tools: Tools | None = None,
        stops: Sequence[str] = (),
        single: bool = False,
    ) -> None:
        super().__init__()
        self.stopped = False
        self.calls = 0
        self._call_begin = 0
        self._style = style
        self._tools = tools or {}
        self._form = form if self._tools else None
        self._single = single
        self._stops = tuple(stops)
        self._wraps = style.wraps if style else ()
        self._opening = self._form.opening if self._form else ""
        self._tags = tuple(filter(None, (*self._stops, *self._wraps, self._opening)))
        self._drops_blank = False
        self._blank = True
        self._value = ValueEnd()
        self._parameters: Mapping[str, Json] = {}
        self._state: Callable[[], bool] = self._thought if opened else self._start

    @property
    def thinking(self) -> bool:
        """Whether what comes next is thinking, as far as is known."""
        return self._state == self._thought

    @property
    def call_begin(self) -> int | None:
        """
        Where what is or may become a call begins, in characters of all that was written.

        None in thinking, and in text that nothing of a call's opening has come of.
        """
        form = self._form
        if form is None or self.thinking:
            return None
        if self._state in (self._call, self._arguments, self._tail):
            return self._call_begin
        if form.bare and self._state in (self._start, self._bare):
            return self._end
        begun = overlap(self._buffer, self._opening)
        return self._end + len(self._buffer) - begun if begun else None

    @property
    def answering(self) -> bool:
        """Whether what comes next is the answer or a call: what a constraint is about."""
        return not self.thinking

    def push(self, text: str) -> list[Piece]:
        """Return what is decided now that more text has come."""
        self._buffer += text
        while not self.stopped and self._state():
            pass
        return self._drain()

    def finish(self) -> list[Piece]:
        """Return what was held back, when the reply has ended."""
        if not self.stopped:
            self._finish()
        return self._drain()

    # Each state looks at the buffer; it returns whether there is more to be seen.

    def _start(self) -> bool:
        """Before anything: thinking may begin, or a bare call; space around tags is dropped."""
        bare = self._form is not None and self._form.bare
        if self._style is None and not bare and not self._drops_blank:
            return self._go(self._answer)
        rest = self._buffer.lstrip(" \t\r\n;" if self.calls and bare else None)
        blank = len(self._buffer) - len(rest)
        if self._style and rest.startswith(self._style.opening):
            self._take(blank + len(self._style.opening), Kind.NOTHING)
            self._blank = True
            return self._go(self._thought)
        if not rest or (self._style and self._style.opening.startswith(rest)):
            return False
        if self._drops_blank:
            self._take(blank, Kind.NOTHING)
        return self._go(self._bare if bare else self._answer)

    def _thought(self) -> bool:
        assert self._style is not None  # noqa: S101 - who does not think has no such state
        if self._blank:
            self._take(len(self._buffer) - len(self._buffer.lstrip()), Kind.NOTHING)
            self._blank = not self._buffer
        at = self._buffer.find(self._style.end)
        if at < 0:
            keep = overlap(self._buffer, self._style.end)
            self._take_stripped(len(self._buffer) - keep, Kind.REASONING)
            return False
        self._take_stripped(at, Kind.REASONING)
        self._take(self._buffer.find(self._style.end) + len(self._style.end), Kind.NOTHING)
        self._drops_blank = True
        return self._go(self._start)

    def _answer(self) -> bool:
        found = [(at, tag) for tag in self._tags if (at := self._buffer.find(tag)) >= 0]
        if not found:
            keep = max((overlap(self._buffer, tag) for tag in self._tags), default=0)
            cut = len(self._buffer) - keep
            if self._form or self._wraps:
                self._take_stripped(cut, Kind.TEXT)
            else:
                self._take(cut, Kind.TEXT)
            return False
        at, tag = min(found)
        if tag in self._stops:
            self._take(at, Kind.TEXT)
            self._buffer, self.stopped = "", True
            return False
        blank = at - self._take_stripped(at, Kind.TEXT)
        if tag == self._opening:
            self._call_begin = self._end + blank
            return self._go(self._call)
        self._take(blank + len(tag), Kind.NOTHING)
        self._drops_blank = True
        return self._go(self._start)

    def _bare(self) -> bool:
        """Before a reply that is a call as a whole, or is not."""
        form = self._known_form
        self._call_begin = self._end
        if found := form.head.match(self._buffer):
            return self._begin(found) or self._go(self._answer)
        if form.opening and self._buffer.startswith(form.opening):
            return self._go(self._call)
        if form.opening.startswith(self._buffer) or _may_be_call(self._buffer, self._tools):
            return False
        return self._go(self._answer)

    def _call(self) -> bool:
        """At a call's opening, and space before it, until its tool is known."""
        form = self._known_form
        begin = len(self._buffer) - len(self._buffer.lstrip())
        if found := form.head.match(self._buffer, begin):
            return self._begin(found) or self._is_text(begin)
        begin += len(form.opening)
        if form.body is Body.JSON and self._buffer[begin:].lstrip(" \t\r\n[").startswith("{"):
            at = self._buffer.find(form.end, begin) if form.end else -1
            if at < 0:
                return False
            if self._whole(self._buffer[begin:at]):
                self._take(at + len(form.end), Kind.NOTHING)
                return self._after()
            return self._is_text(begin - len(form.opening))
        if len(self._buffer) > LONGEST_HEAD:
            return self._is_text(begin - len(form.opening))
        return False

    def _arguments(self) -> bool:
        form = self._known_form
        if form.body is Body.JSON:
            self._take(self._value.skip(self._buffer), Kind.NOTHING)
            self._take(self._value.feed(self._buffer), Kind.ARGUMENTS)
            return self._value.done and self._go(self._tail)
        at = self._buffer.find(form.end)
        if form.body is Body.TAGS:  # Alone in its line: a text within JSON may have it too.
            end = _TAGS_END.search(self._buffer)
            at = end.start() if end else -1
        if at < 0:
            return False
        self._say(Kind.ARGUMENTS, self._converted(self._buffer[:at]))
        self._take(at, Kind.NOTHING)
        return self._go(self._tail)

    def _tail(self) -> bool:
        """After a call's arguments: another call of the same list, or its end."""
        form = self._known_form
        at = self._buffer.find(form.end)
        found = form.more.search(self._buffer) if form.more else None
        if found and not self._single and (at < 0 or found.start() < at) and self._begin(found):
            return True
        if at < 0:
            return False
        self._take(at + len(form.end), Kind.NOTHING)
        return self._after()

    def _after(self) -> bool:
        """After a call: the next one, or text."""
        if self._single:
            self._buffer, self.stopped = "", True
            return False
        self._drops_blank = True
        return self._go(self._start)

    @property
    def _known_form(self) -> CallFormat:
        assert self._form is not None  # noqa: S101 - states of calls are entered with a form
        return self._form

    def _begin(self, found: re.Match[str]) -> bool:
        """Begin the call whose head was found; False when there is no such tool."""
        name = found["name"]
        if name not in self._tools:
            return False
        self._take(found.end(), Kind.NOTHING)
        self._call_tool(name)
        return self._go(self._arguments)

    def _call_tool(self, name: str) -> None:
        self._say(Kind.CALL, name)
        self.calls += 1
        self._parameters = self._tools[name]
        self._value = ValueEnd()

    def _whole(self, text: str) -> bool:
        """Tell calls that are here as a whole; False when they are none."""
        calls = whole_call(text.strip(), needs_arguments=self._known_form.bare)
        if not calls or any(name not in self._tools for name, _ in calls):
            return False
        for name, arguments in calls[: 1 if self._single else None]:
            self._say(Kind.CALL, name)
            self._say(Kind.ARGUMENTS, arguments)
            self.calls += 1
        return True

    def _is_text(self, begin: int) -> bool:
        """Take an opening that opened nothing for what it says."""
        self._take(begin + len(self._opening), Kind.TEXT)
        return self._go(self._answer)

    def _converted(self, body: str) -> str:
        if self._known_form.body is Body.TAGS:
            return from_tags(body, self._parameters)
        return from_gemma(body, self._known_form.quote)

    def _finish(self) -> None:
        left = len(self._buffer)
        match self._state:
            case self._thought:
                self._take_stripped(left, Kind.REASONING)
            case self._arguments if self._known_form.body is not Body.JSON:
                self._say(Kind.ARGUMENTS, self._converted(self._buffer))
            case self._arguments | self._tail:
                pass
            case self._call | self._bare if self._whole(
                self._buffer.lstrip().removeprefix(self._opening)
            ):
                pass
            case _ if self._drops_blank and self._state == self._start:
                self._take(left - len(self._buffer.lstrip()), Kind.NOTHING)
                self._take(len(self._buffer), Kind.TEXT)
            case _:
                self._take(left, Kind.TEXT)
        self._take(len(self._buffer), Kind.NOTHING)

    def _go(self, state: Callable[[], bool]) -> bool:
        self._state = state
        return True


def _may_be_call(text: str, tools: Tools) -> bool:
    """Whether a reply that begins so may become a bare call of one of the tools."""
    squeezed = _SPACE.sub("", text)
    for head in _BARE_HEADS:
        if head.startswith(squeezed):
            return True
        if squeezed.startswith(head):
            name, quote, _ = squeezed[len(head) :].partition('"')
            if quote:
                return name in tools and len(squeezed) <= LONGEST_HEAD
            return any(tool.startswith(name) for tool in tools)
    return False
