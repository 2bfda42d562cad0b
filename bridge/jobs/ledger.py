"""What each character of a session has cost."""

from __future__ import annotations

from dataclasses import dataclass, field

from bridge.jobs.job import Job
from bridge.protocol import CharacterLoad

MAX_CHARACTERS = 1024
"""A session whose characters are more than this is not accounted for beyond them."""


@dataclass(slots=True)
class _Account:
    open: list[Job] = field(default_factory=list)
    jobs: int = 0
    prompt: int = 0
    cached: int = 0
    completion: int = 0
    queued_ms: float = 0.0
    prefill_ms: float = 0.0
    decode_ms: float = 0.0
    preemptions: int = 0

    def settle(self) -> None:
        """Add up the jobs that are over and let them go."""
        over = [job for job in self.open if job.done]
        self.open = [job for job in self.open if not job.done]
        for job in over:
            usage = job.usage
            self.jobs += 1
            self.prompt += usage.prompt_tokens
            self.cached += usage.prompt_tokens_details.cached_tokens
            self.completion += usage.completion_tokens
            timings = job.timings
            self.queued_ms += timings.queued_ms
            self.prefill_ms += timings.prefill_ms
            self.decode_ms += timings.decode_ms
            self.preemptions += timings.preemptions


class Ledger:
    """Accounts by character; a job without one is not accounted for."""

    def __init__(self) -> None:
        self._accounts: dict[str, _Account] = {}

    def open(self, character: str | None, job: Job) -> None:
        """Put a job on a character's account."""
        if character is None:
            return
        if character not in self._accounts and len(self._accounts) >= MAX_CHARACTERS:
            return
        account = self._accounts.setdefault(character, _Account())
        account.settle()
        account.open.append(job)

    def loads(self) -> list[CharacterLoad]:
        """Return every account as it stands."""
        for account in self._accounts.values():
            account.settle()
        return [
            CharacterLoad(
                character=name,
                jobs=account.jobs,
                open=len(account.open),
                prompt_tokens=account.prompt,
                cached_tokens=account.cached,
                completion_tokens=account.completion,
                queued_ms=account.queued_ms,
                prefill_ms=account.prefill_ms,
                decode_ms=account.decode_ms,
                preemptions=account.preemptions,
            )
            for name, account in self._accounts.items()
        ]
