"""A job: what a client asked for, from submit to its one last message."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from msgspec import UNSET
from msgspec.structs import replace

from bridge.errors import HearsayError
from bridge.jobs.choice import Choice
from bridge.jobs.rounds import Rounds
from bridge.protocol import (
    CompletionTokensDetails,
    FinishReason,
    PromptTokensDetails,
    Timings,
    Usage,
)
from bridge.worker.messages import (
    Failed,
    Finished,
    Memory,
    Output,
    Remembered,
    Started,
    Submit,
    Wrote,
)


class Job:
    """
    A request on its way, and everything its worker has said about it.

    `asked` is the model's name as the client said it, `model` the canonical id once it is found;
    `submitted_at` is a time of the service's clock in seconds.
    `wake` is called in the event loop whenever there is news. Exactly one of `error` and the
    finish reasons of all choices ends it; what comes later is not heard. With `rounds` it goes on
    when the tools that it calls have answered.
    """

    def __init__(
        self, model: str, choices: int, wake: Callable[[], None], submitted_at: float
    ) -> None:
        self.id = secrets.token_hex(12)  # never the client's: two clients may choose the same
        self.asked = model
        self.model = model
        self.wake = wake
        self.submitted_at = submitted_at
        self.choices = [Choice(f"{self.id}{index}") for index in range(choices)]
        self.rounds: Rounds | None = None
        self.submit: Submit | None = None
        """What the worker was told last; it goes with the job's end, however long its texts."""
        self.tells_logprobs = False
        """Whether its client has asked how likely the tokens were."""
        self.prompt_tokens: int | None = None
        self.dropped = 0
        self.summarized = 0
        self.error: HearsayError | None = None
        self.cancelled = False
        """Whether it was taken back; it then waits for no tool any more."""
        self.memory: Memory | None = None
        self._open = choices

    @property
    def started(self) -> bool:
        """Whether the worker has understood the job and found that it fits."""
        return self.prompt_tokens is not None

    @property
    def wrote(self) -> bool:
        """Whether there is any text."""
        return any(choice.end or choice.reasoning.end or choice.calls for choice in self.choices)

    @property
    def waiting(self) -> bool:
        """Whether the job waits for the results of tools."""
        return self.rounds is not None and self.rounds.waiting

    def has_called(self, call: str) -> bool:
        """Whether a call of this id was made, in whichever round."""
        return any(call == made.id for choice in self.choices for made in choice.calls)

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
        thought = sum(finished.reasoning_tokens for finished in ended)
        # Later choices share the first one's prompt: only it tells what had been read before.
        first = self.choices[0].finished
        cached = PromptTokensDetails(
            first.cached_tokens if first else 0,
            dropped_messages=self.dropped or UNSET,
            summarized_messages=self.summarized or UNSET,
        )
        details = CompletionTokensDetails(thought)
        return Usage(prompt, completion, prompt + completion, cached, details)

    @property
    def timings(self) -> Timings:
        """Where the time of the first reply went; zeros while it goes on."""
        first = self.choices[0].finished if self.choices else None
        if first is None:
            return Timings(0.0, 0.0, 0.0)
        tokens, seconds = first.completion_tokens, first.decode_ms / 1000
        return Timings(
            first.queued_ms,
            first.prefill_ms,
            first.decode_ms,
            first_token_ms=first.queued_ms + first.prefill_ms,
            tokens_per_second=(tokens - 1) / seconds if tokens > 1 and seconds else 0.0,
            cached_tokens=first.cached_tokens,
            read_tokens=max((self.prompt_tokens or 0) - first.cached_tokens, 0),
            written_tokens=tokens,
            preemptions=first.preemptions,
        )

    def begin(self, submit: Submit) -> None:
        """Note what the worker is told first."""
        self.submit = submit
        self.tells_logprobs = submit.top_logprobs is not None

    def receive(self, output: Output) -> None:
        """Take in what the worker says."""
        if self.done:
            return
        match output:
            case Started():
                self.prompt_tokens = (self.prompt_tokens or 0) + output.prompt_tokens
                self.dropped = output.dropped
                self.summarized = output.summarized
            case Wrote():
                self.choices[output.index].take(output)
            case Finished():
                self._finish(output)
            case Remembered():
                self.memory = output.memory
            case Failed():
                self.error = HearsayError(output.code, output.message, output.param)
        self._tell()

    def fail(self, error: HearsayError) -> None:
        """End the job without its worker."""
        self.error = self.error or error
        self._tell()

    def stop_waiting(self, reason: FinishReason) -> None:
        """End a job that waits for the results of tools."""
        if self.rounds and self.rounds.waiting and (ended := self.rounds.end(reason)):
            self.choices[0].finished = ended
            self._open -= 1
            self._tell()

    def _tell(self) -> None:
        if self.done:
            self.submit = None
        self.wake()

    def _finish(self, finished: Finished) -> None:
        choice = self.choices[finished.index]
        if choice.finished is not None:
            return
        if rounds := self.rounds:
            calls = finished.reason is FinishReason.TOOL_CALLS and rounds.left > 0
            if calls and not self.cancelled:
                rounds.pause(choice, finished)
                return
            finished = rounds.total(finished)
            if calls:  # They were on their way when it was taken back.
                finished = replace(finished, reason=FinishReason.CANCELLED)
        choice.finished = finished
        self._open -= 1
