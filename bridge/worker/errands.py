"""What a worker does beside replies: read ahead, and keep what characters remember."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress

from bridge.chat.prompt import PromptReader
from bridge.engine.backend import Backend
from bridge.engine.engine import Engine, too_long
from bridge.engine.events import Order
from bridge.errors import HearsayError
from bridge.prefix import common_prefix
from bridge.protocol import ChatMessage, Priority, Role, Sampling
from bridge.worker.conversation import Render
from bridge.worker.messages import Memory, Submit

MAX_CHARACTERS = 4096
"""Who spoke longest ago is forgotten beyond so many; each costs as much as its conversation."""

Read = Callable[[str], list[int]]
"""Makes tokens of a rendered conversation; raises HearsayError."""

_CONTINUATIONS = ("A", "b")


class Errands:
    """Jobs that write nothing, on the engine that also writes."""

    def __init__(self, engine: Engine, prompts: PromptReader, backend: Backend) -> None:
        self._engine = engine
        self._prompts = prompts
        self._backend = backend
        self._characters: OrderedDict[str, Memory] = OrderedDict()

    def prepare(self, submit: Submit) -> int:
        """Read how conversations begin, and pin it; return how many tokens that are."""

        def render(messages: Sequence[ChatMessage]) -> str:
            return self._prompts.render(messages, submit.template_kwargs, submit.tools)

        prompt = beginning(self._tokens, render, submit.messages)
        self._read(submit.job, prompt, submit.priority, pinned=True)
        return len(prompt)

    def note(self, character: str | None, rendered: str, written: Sequence[int]) -> None:
        """Remember what a character has just said, and to what."""
        if character is None:
            return
        self._characters[character] = Memory(rendered, list(written))
        self._characters.move_to_end(character)
        if len(self._characters) > MAX_CHARACTERS:
            self._characters.popitem(last=False)

    def save(self, character: str) -> Memory:
        """Return what a character remembers; its state goes where it outlives the process."""
        memory = self._characters.get(character)
        if memory is None:
            return Memory()
        with suppress(HearsayError):  # What is too long for the context has no state.
            self._engine.store(self._tokens(memory.rendered) + memory.ids)
        return memory

    def load(self, submit: Submit, memory: Memory) -> None:
        """
        Give a character its memory back.

        The conversation is restored or read again when nothing else is to do, so that the next
        turn begins soon; where that cannot be, it is read with the next turn.
        """
        if not memory.rendered:
            return
        ids = self._sane(memory.ids)
        self.note(submit.character, memory.rendered, ids)
        with suppress(HearsayError):  # It was said with more context than there is now.
            prompt = self._tokens(memory.rendered)
            self._prompts.remember(memory.rendered, ids)
            self._read(f"{submit.job}/ahead", prompt + ids, Priority.SPECULATIVE, pinned=False)

    def _tokens(self, rendered: str) -> list[int]:
        """
        Return the tokens of a rendered conversation.

        Raises HearsayError for one whose length alone says that it does not fit: to read megabytes
        takes seconds, in which nobody else gets a token.
        """
        least = self._prompts.least(rendered) if len(rendered) >= self._backend.context else 0
        if least >= self._backend.context:
            raise too_long(self._backend, f"at least {least}", shortened=False)
        return self._prompts.read(rendered)

    def _read(self, job: str, prompt: list[int], priority: Priority, *, pinned: bool) -> None:
        self._engine.add(
            Order(
                job=job,
                index=0,
                prompt=prompt,
                sampling=Sampling(temperature=0),
                seed=0,
                priority=priority,
                reads_only=True,
                pinned=pinned,
            )
        )

    def _sane(self, ids: list[int]) -> list[int]:
        """Return ids as far as they are text: whoever edits a save-game writes no control token."""
        for count, token in enumerate(ids):
            if not (0 <= token < self._backend.vocabulary and self._backend.piece(token)):
                return ids[:count]
        return ids


def beginning(read: Read, render: Render, messages: list[ChatMessage]) -> list[int]:
    """
    Return the tokens that every conversation has which begins with some messages.

    Two that go on differently are compared, because only the template knows where a message ends
    and only the tokeniser which token reaches beyond it.
    """
    try:
        one, other = (
            read(render([*messages, ChatMessage(Role.USER, text)])) for text in _CONTINUATIONS
        )
    except HearsayError:  # Some templates want the roles to alternate.
        return read(render(messages))
    return one[: common_prefix(one, other)]
