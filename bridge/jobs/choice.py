"""One of the replies of a job, as far as it is written: text, thinking, calls, probabilities."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque

from bridge.jobs.log import TextLog
from bridge.protocol import FinishReason, TokenLogprob
from bridge.worker.messages import CallWritten, Finished, Wrote

ROUND_BREAK = "\n\n"
"""What stands between the texts of two rounds, before and after the calls of tools."""


class Call:
    """A tool that a reply calls, as far as its arguments are written."""

    def __init__(self, call_id: str, name: str) -> None:
        self.id = call_id
        self.name = name
        self.arguments = TextLog()


class Choice(TextLog):
    """
    One reply; as a text log it is the text of all rounds.

    `name` makes the ids of its calls: it is the choice's own among all jobs. `calls` are those of
    all rounds, `round` is the number of the first one that belongs to the latest.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.finished: Finished | None = None
        self.heard: int | None = None
        """How many code points of it the player heard, where the rest is of no interest."""
        self.reasoning = TextLog()
        self.calls: list[Call] = []
        self.round = 0
        self._name = name
        self._marks = (0, 0)
        self._scores: list[TokenLogprob] = []
        self._score_ends: list[int] = []
        self._undecided: deque[TokenLogprob] = deque()

    @property
    def text(self) -> str:
        """Everything written so far, or what was heard of it."""
        return super().text[: self.heard]

    @property
    def reason(self) -> FinishReason | None:
        """Why the reply ended; None while it goes on."""
        return self.finished.reason if self.finished else None

    @property
    def pending(self) -> list[Call]:
        """The calls of the latest round."""
        return self.calls[self.round :]

    @property
    def round_text(self) -> str:
        """The text of the latest round."""
        return _since(self, self._marks[0])

    @property
    def round_reasoning(self) -> str:
        """The thinking of the latest round."""
        return _since(self.reasoning, self._marks[1])

    def take(self, wrote: Wrote) -> None:
        """Take in what is new; of a reply that was interrupted nobody hears more."""
        self._undecided.extend(wrote.scores)
        if self.heard is not None:
            return
        _go_on(self, wrote.text, self._marks[0])
        _go_on(self.reasoning, wrote.reasoning, self._marks[1])
        for call in wrote.calls:
            self._take_call(call)
        if self._undecided:
            self._decide(wrote.shown)

    def begin_round(self) -> None:
        """Go on after the calls of a round were answered."""
        self.round = len(self.calls)
        self._marks = self.end, self.reasoning.end
        self._undecided.clear()

    def logprobs(self, begin: int = 0, end: int | None = None) -> list[TokenLogprob]:
        """Return the probabilities of the tokens whose text is told between two offsets."""
        first = bisect_right(self._score_ends, begin) if begin else 0
        last = len(self._scores) if end is None else bisect_right(self._score_ends, end)
        return self._scores[first:last]

    def offset_of(self, begin: int, tokens: int) -> int:
        """Return how far a text from an offset on may be told with no more than so many tokens."""
        first = bisect_right(self._score_ends, begin) if begin else 0
        # Several tokens may end at one offset, and are told together.
        reached = self._score_ends[first + tokens - 1 : first + tokens]
        return reached[0] if reached else self.end

    def _take_call(self, written: CallWritten) -> None:
        if written.name is not None:
            self.calls.append(Call(f"call_{self._name}_{len(self.calls)}", written.name))
        self.calls[self.round + written.number].arguments.write(written.arguments)

    def _decide(self, shown: list[bool]) -> None:
        for is_text in shown:
            score = self._undecided.popleft()
            if is_text:
                self._scores.append(score)
                self._score_ends.append(self.end)


def _go_on(log: TextLog, text: str, mark: int) -> None:
    """Append text, and a break before the first of a new round."""
    if text and mark and log.end == mark:
        log.write(ROUND_BREAK)
    log.write(text)


def _since(log: TextLog, mark: int) -> str:
    return log.read(mark).removeprefix(ROUND_BREAK if mark else "")
