"""From the tokens of one reply to what a client is told: text, thinking, calls of tools."""

from __future__ import annotations

import codecs
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bridge.chat.held import Kind, Piece
from bridge.chat.splitter import Splitter


@dataclass(slots=True)
class CallNews:
    """New of a call: its number from 0, its tool's name where it begins, more arguments."""

    number: int
    name: str | None
    arguments: str


@dataclass(slots=True)
class News:
    """
    What may leave of a reply and has not yet.

    `shown` has a truth for each token that is decided, in order: whether it is a part of the text.
    """

    text: str = ""
    reasoning: str = ""
    calls: list[CallNews] = field(default_factory=list)
    shown: list[bool] = field(default_factory=list)


class ReplyFlow:
    """
    One reply; see `bridge.engine.flow.Flow`, which this is.

    Bytes that are not UTF-8 become U+FFFD; half a code point waits for the rest. `spellings` are
    the texts of control tokens that the splitter must see. After `budget` tokens of thinking,
    `closing` comes as if the model had chosen it; `opening` comes before everything. `waits`: a
    constraint is about calls alone.
    """

    def __init__(
        self,
        splitter: Splitter,
        *,
        spellings: Mapping[int, bytes] | None = None,
        budget: int | None = None,
        opening: Sequence[int] = (),
        closing: Sequence[int] = (),
        waits: bool = False,
    ) -> None:
        self._waits = waits
        self.reasoning_tokens = 0
        self._latest: list[tuple[int, int, str]] = []
        """Tokens, their beginnings and texts, of which a call may have begun."""
        self._splitter = splitter
        self._spellings = spellings or {}
        self._budget = budget
        self._closing = tuple(closing)
        self._forced = deque(opening)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._news = News()
        self._written = 0
        self._ends: deque[tuple[int, int]] = deque()  # Of tokens that are not decided.
        self._touched = False
        self._begun = 0
        self._look()

    @property
    def stopped(self) -> bool:
        """Whether the reply is over: a stop string came, or the call that was wanted."""
        return self._splitter.stopped

    @property
    def forced(self) -> int | None:
        """The token that comes next whatever the model would choose; None lets it choose."""
        return self._forced[0] if self._forced else None

    @property
    def answering(self) -> bool:
        """Whether a constraint speaks of the next token; it does not while the model thinks."""
        if self._forced:
            return False
        return self.call_begin is not None if self._waits else self._splitter.answering

    @property
    def call_begin(self) -> int | None:
        """Where what is or may become a call begins, in characters of all that was written."""
        return self._splitter.call_begin

    def begun(self) -> Iterator[int | str]:
        """Yield what was written since there: tokens, and the rest of one that began before."""
        at = self.call_begin
        for token, start, text in self._latest:
            if at is not None and start >= at:
                yield token
            elif at is not None and start + len(text) > at:
                yield text[at - start :]

    @property
    def called(self) -> bool:
        """Whether the reply has called a tool."""
        return self._splitter.calls > 0

    def push(self, token: int, piece: bytes) -> None:
        """Take in a token and its bytes, which may be half a code point."""
        thinks = self._splitter.thinking
        if self._forced and self._forced[0] == token:
            self._forced.popleft()
        text = self._decoder.decode(self._spellings.get(token, piece))
        self._ends.append((self._written, self._written + len(text)))
        self._latest.append((token, self._written, text))
        self._written += len(text)
        self._note(self._splitter.push(text))
        if self.call_begin is None:
            self._latest.clear()
        self.reasoning_tokens += thinks or self._splitter.thinking
        self._look()

    def finish(self) -> None:
        """Let go what was held back, when the reply ends for another reason than a stop string."""
        self._note(self._splitter.finish())  # Half a code point has no text: it is dropped.

    def take(self) -> News:
        """Return what is new since the last time."""
        news, self._news = self._news, News()
        return news

    def _look(self) -> None:
        """End the thinking when it has had its tokens."""
        spent = self._budget is not None and self.reasoning_tokens >= self._budget
        if spent and self._splitter.thinking and not self._forced:
            self._forced.extend(self._closing)
            self._decoder.reset()  # Half a code point would swallow the tag.

    def _note(self, pieces: list[Piece]) -> None:
        for piece in pieces:
            match piece.kind:
                case Kind.TEXT:
                    self._news.text += piece.text
                case Kind.REASONING:
                    self._news.reasoning += piece.text
                case Kind.CALL:
                    self._news.calls.append(CallNews(self._call_number(), piece.text, ""))
                case Kind.ARGUMENTS:
                    self._more_arguments(piece.text)
            self._decide(piece)
        if self._touched and self._splitter.stopped:  # A stop string cut through the token.
            self._news.shown.append(True)
            self._touched = False

    def _call_number(self) -> int:
        self._begun += 1
        return self._begun - 1

    def _more_arguments(self, text: str) -> None:
        if not self._news.calls:
            self._news.calls.append(CallNews(self._begun - 1, None, ""))
        self._news.calls[-1].arguments += text

    def _decide(self, piece: Piece) -> None:
        """Note which tokens a piece has decided, and whether any of their text is in the answer."""
        while self._ends and self._ends[0][0] < piece.end:
            self._touched = self._touched or piece.kind is Kind.TEXT
            if self._ends[0][1] > piece.end:
                return
            self._ends.popleft()
            self._news.shown.append(self._touched)
            self._touched = False
