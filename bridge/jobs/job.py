"""A job: what a client asked for, from submit to its one last message."""

from __future__ import annotations

import secrets
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Callable

from bridge.errors import HearsayError
from bridge.protocol import FinishReason, PromptTokensDetails, Usage
from bridge.worker.messages import Failed, Finished, Output, Started, Wrote

JOIN_PIECES = 512
"""So many small pieces are joined into one: a long reply costs little more than its text."""


class Choice:
    """One reply as far as it is written. Offsets count code points from its beginning."""

    def __init__(self) -> None:
        self.finished: Finished | None = None
        self.heard: int | None = None
        """How many code points of it the player heard, where the rest is of no interest."""
        self._pieces: list[str] = []
        self._ends: list[int] = []
        self._joined = 0  # Pieces before this one are joined already, and are not again.

    @property
    def end(self) -> int:
        """The offset where the text ends so far."""
        return self._ends[-1] if self._ends else 0

    @property
    def text(self) -> str:
        """Everything written so far, or what was heard of it."""
        return "".join(self._pieces)[: self.heard]

    @property
    def reason(self) -> FinishReason | None:
        """Why the reply ended; None while it goes on."""
        return self.finished.reason if self.finished else None

    def write(self, text: str) -> None:
        """Append text; of a reply that was interrupted nobody hears more."""
        if text and self.heard is None:
            self._ends.append(self.end + len(text))
            self._pieces.append(text)
            if len(self._pieces) - self._joined >= JOIN_PIECES:
                self._join()

    def read(self, offset: int, most: int = sys.maxsize) -> str:
        """Return the text from an offset on, joined, and no more of it than `most`."""
        if offset >= self.end:
            return ""
        first = bisect_right(self._ends, offset)
        last = bisect_left(self._ends, offset + most, first) + 1
        begin = offset - self._ends[first] + len(self._pieces[first])
        return "".join(self._pieces[first:last])[begin : begin + most]

    def _join(self) -> None:
        self._pieces[self._joined :] = ["".join(self._pieces[self._joined :])]
        self._ends[self._joined :] = self._ends[-1:]
        self._joined += 1


class Job:
    """
    A request on its way, and everything its worker has said about it.

    `asked` is the model's name as the client said it, `model` the canonical id once it is found;
    `submitted_at` is a time of the service's clock in seconds.
    `wake` is called in the event loop whenever there is news. Exactly one of `error` and the
    finish reasons of all choices ends it; what comes later is not heard.
    """

    def __init__(
        self, model: str, choices: int, wake: Callable[[], None], submitted_at: float
    ) -> None:
        self.id = secrets.token_hex(12)  # never the client's: two clients may choose the same
        self.asked = model
        self.model = model
        self.wake = wake
        self.submitted_at = submitted_at
        self.choices = [Choice() for _ in range(choices)]
        self.prompt_tokens: int | None = None
        self.error: HearsayError | None = None
        self._open = choices

    @property
    def started(self) -> bool:
        """Whether the worker has understood the job and found that it fits."""
        return self.prompt_tokens is not None

    @property
    def wrote(self) -> bool:
        """Whether there is any text."""
        return any(choice.end for choice in self.choices)

    @property
    def done(self) -> bool:
        """Whether the job is over, well or not."""
        return self._open == 0 or self.error is not None

    @property
    def outcome(self) -> str:
        """How a job that is done ended: its error's code or its first choice's finish reason."""
        return str(self.error.code if self.error else self.choices[0].reason)

    @property
    def usage(self) -> Usage:
        """What the job cost: the prompt once, the replies of all choices together."""
        prompt = self.prompt_tokens or 0
        ended = [choice.finished for choice in self.choices if choice.finished]
        completion = sum(finished.completion_tokens for finished in ended)
        # Later choices share the first one's prompt: only it tells what had been read before.
        first = self.choices[0].finished
        cached = PromptTokensDetails(first.cached_tokens if first else 0)
        return Usage(prompt, completion, prompt + completion, cached)

    def receive(self, output: Output) -> None:
        """Take in what the worker says."""
        if self.done:
            return
        match output:
            case Started():
                self.prompt_tokens = output.prompt_tokens
            case Wrote():
                self.choices[output.index].write(output.text)
            case Finished():
                self._finish(output)
            case Failed():
                self.error = HearsayError(output.code, output.message, output.param)
        self.wake()

    def fail(self, error: HearsayError) -> None:
        """End the job without its worker."""
        self.error = self.error or error
        self.wake()

    def _finish(self, finished: Finished) -> None:
        choice = self.choices[finished.index]
        if choice.finished is None:
            choice.finished = finished
            self._open -= 1
