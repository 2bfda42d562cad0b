"""A driver whose clock stands still: for tests of who is served when."""

from __future__ import annotations

from bridge.engine.archive import Archive
from bridge.engine.fake import FakeBackend
from bridge.engine.sequence import Sequence
from bridge.protocol import Priority
from tests.engine.driver import Driver

INTERACTIVE, NORMAL, BACKGROUND, SPECULATIVE = Priority


class Machine(Driver):
    """A driver whose clock stands still unless a test moves it."""

    def __init__(self, backend: FakeBackend, chunk_tokens: int = 8, room: int = 1 << 20) -> None:
        self.now = 0.0
        archive = Archive(room, rewinds=backend.rewinds)
        super().__init__(backend, chunk_tokens, archive=archive, clock=lambda: self.now)

    def endless(self, job: str, text: str, priority: Priority, tokens: int = 300) -> Sequence:
        return self.add(job, text, priority=priority, max_tokens=tokens, ignore_eos=True)

    def steps(self, count: int) -> None:
        for _ in range(count):
            self.step()

    def written(self, job: str) -> int:
        return len(self.ids.get((job, 0), []))


def machine(slots: int = 1, *, room: int = 1 << 20, **options: object) -> Machine:
    settings = {"context": 512, "batch_tokens": 32, **options}
    return Machine(FakeBackend(slots=slots, **settings), room=room)  # type: ignore[arg-type]
