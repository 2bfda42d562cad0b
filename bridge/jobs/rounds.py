"""The rounds of a job whose model calls tools: what it waits for, and how it goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from bridge.jobs.choice import Choice
from bridge.protocol import ChatMessage, FinishReason, Json, Role
from bridge.worker.messages import Finished, Submit


class Rounds:
    """
    What a job has spent on earlier rounds, and the calls that it waits for.

    `left` is how often it may still go on with results; `seconds` how long those of one round may
    take, by `clock`.
    """

    def __init__(self, left: int, seconds: float, clock: Callable[[], float]) -> None:
        self.left = left
        self.seconds = seconds
        self.paused_at = 0.0
        self._clock = clock
        self.results: dict[str, str | None] = {}
        """The calls that are waited for; None where there is no result yet."""
        self._spent: Finished | None = None
        self._latest_tokens = 0

    @property
    def late(self) -> bool:
        """Whether it has waited for longer than it may."""
        return self.waiting and self._clock() - self.paused_at >= self.seconds

    @property
    def waiting(self) -> bool:
        """Whether the job can do nothing but wait for results."""
        return bool(self.results)

    def pause(self, choice: Choice, finished: Finished) -> None:
        """Begin to wait for the results of a round."""
        self.left -= 1
        self.paused_at = self._clock()
        self.results = {call.id: None for call in choice.pending}
        self._latest_tokens = finished.completion_tokens
        self._spent = self.total(finished)

    def answer(self, call: str, content: str) -> bool:
        """Take a result, the first of each call; return whether all are here now."""
        if call not in self.results or self.results[call] is not None:
            return False
        self.results[call] = content
        return None not in self.results.values()

    def end(self, reason: FinishReason) -> Finished | None:
        """Stop waiting; return how the reply ended, None when it was not waiting."""
        self.results = {}
        return replace(self._spent, reason=reason) if self._spent else None

    def next_submit(self, submit: Submit, choice: Choice) -> Submit:
        """Return what the worker is told for the next round: the calls, and what came of them."""
        called = ChatMessage(
            Role.ASSISTANT,
            choice.round_text or None,
            reasoning_content=choice.round_reasoning or None,
            tool_calls=[_told(call.id, call.name, call.arguments.text) for call in choice.pending],
        )
        answers = [
            ChatMessage(Role.TOOL, content, tool_call_id=call)
            for call, content in self.results.items()
        ]
        self.results = {}
        choice.begin_round()
        return replace(
            submit,
            messages=[*submit.messages, called, *answers],
            max_tokens=self._max_tokens(submit),
            must_call=False,  # It has called what it had to.
            tool=None,
            first_token_by=None,
        )

    def total(self, finished: Finished) -> Finished:
        """Return how the latest round ended, and what all of them cost."""
        spent = self._spent
        if spent is None:
            return finished
        return replace(
            finished,
            cached_tokens=spent.cached_tokens + finished.cached_tokens,
            completion_tokens=spent.completion_tokens + finished.completion_tokens,
            reasoning_tokens=spent.reasoning_tokens + finished.reasoning_tokens,
            queued_ms=spent.queued_ms + finished.queued_ms,
            prefill_ms=spent.prefill_ms + finished.prefill_ms,
            decode_ms=spent.decode_ms + finished.decode_ms,
            preemptions=spent.preemptions + finished.preemptions,
        )

    def _max_tokens(self, submit: Submit) -> int | None:
        # The limit is the job's, and not each round's.
        if submit.max_tokens is None:
            return None
        return max(submit.max_tokens - self._latest_tokens, 1)


def _told(call: str, name: str, arguments: str) -> dict[str, Json]:
    function: Mapping[str, Json] = {"name": name, "arguments": arguments}
    return {"id": call, "type": "function", "function": function}
