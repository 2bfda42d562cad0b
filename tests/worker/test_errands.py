"""What a worker does beside replies, in a process of its own on the fake backend."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from bridge.chat.prompt import PromptReader
from bridge.chat.template import ChatTemplate
from bridge.engine.engine import Engine
from bridge.engine.fake import FakeBackend
from bridge.errors import ErrorCode, HearsayError
from bridge.protocol import ChatMessage, FinishReason, Priority, Role, Sampling
from bridge.worker import errands
from bridge.worker.errands import Errands, beginning
from bridge.worker.messages import Finished, Memory, Remembered, Submit, Task
from tests.worker.gateway import Gateway

LORE = [ChatMessage(Role.SYSTEM, "You are Boris. " * 12)]


def order(job: str, task: Task, **fields: object) -> Submit:
    settings = {"messages": [], "sampling": Sampling(temperature=0), **fields}
    return Submit(job=job, task=task, **settings)  # type: ignore[arg-type]


def talk(gateway: Gateway, job: str, words: str, **fields: object) -> None:
    messages = [*LORE, ChatMessage(Role.USER, words)]
    gateway.send(order(job, Task.WRITE, messages=messages, **fields))


async def test_a_beginning_is_kept_over_a_death_until_it_is_released() -> None:
    async with Gateway(slots=1) as gateway:
        gateway.send(order("lore", Task.PREPARE, messages=LORE))
        await gateway.all_over()
        assert gateway.finished("lore")[0].reason is FinishReason.STOP
        assert gateway.text("lore") == ""
        assert gateway.supervisor.load.pinned == 1
        os.kill(gateway.supervisor.pid or 0, signal.SIGTERM)
        await gateway.until(lambda: gateway.supervisor.restarts)
        talk(gateway, "other", "x" * 400, priority=Priority.SPECULATIVE)  # The lore goes first.
        await gateway.all_over()
        talk(gateway, "a", "Hello")
        await gateway.all_over()
        assert gateway.supervisor.load.pinned == 1
        assert gateway.finished("a")[0].cached_tokens >= len("You are Boris. " * 12)
        gateway.supervisor.release("lore")
        talk(gateway, "b", "Hello")
        await gateway.all_over()
        assert gateway.supervisor.load.pinned == 0


async def test_a_beginning_with_tools_is_that_of_conversations_that_have_them() -> None:
    tools = [{"type": "function", "function": {"name": "sing", "description": "Sing. " * 9}}]
    found: dict[str, Finished] = {}
    for job, offered in (("plain", []), ("with tools", tools)):
        async with Gateway(context=4096) as gateway:
            gateway.send(order(job, Task.PREPARE, messages=LORE, tools=offered))
            await gateway.all_over()
            talk(gateway, "talk", "Hello", tools=tools, max_tokens=4)
            await gateway.all_over()
            found[job] = gateway.finished("talk")[0]
    assert found["with tools"].cached_tokens > found["plain"].cached_tokens + 100


async def test_what_is_released_while_it_is_read_is_not_kept() -> None:
    async with Gateway(fake_step_ms=5) as gateway:
        gateway.send(order("lore", Task.PREPARE, messages=LORE * 9))
        gateway.supervisor.release("lore")
        await gateway.all_over()
        assert gateway.finished("lore")[0].reason is FinishReason.CANCELLED
        talk(gateway, "b", "Hello")
        await gateway.all_over()
        assert gateway.supervisor.load.pinned == 0


async def test_what_is_released_in_the_step_that_reads_the_last_of_it_is_not_kept() -> None:
    async with Gateway(fake_step_ms=300) as gateway:
        gateway.send(order("lore", Task.PREPARE, messages=LORE))
        await gateway.until(lambda: gateway.outputs["lore"])  # It is understood, and being read.
        gateway.supervisor.release("lore")
        await gateway.all_over()
        assert gateway.finished("lore")[0].reason is FinishReason.STOP
        talk(gateway, "b", "Hello", max_tokens=1)
        await gateway.all_over()
        assert gateway.supervisor.load.pinned == 0


async def test_what_is_released_while_it_is_read_again_after_a_death_is_not_kept() -> None:
    async with Gateway(fake_step_ms=300) as gateway:
        gateway.send(order("lore", Task.PREPARE, messages=LORE))
        await gateway.all_over()
        os.kill(gateway.supervisor.pid or 0, signal.SIGTERM)
        await gateway.until(lambda: gateway.supervisor.restarts)
        await gateway.supervisor.wait_ready()
        gateway.supervisor.release("lore")
        talk(gateway, "b", "Hello", max_tokens=1)
        await gateway.all_over()
        assert gateway.supervisor.load.pinned == 0


async def test_what_was_read_outlives_the_sidecar_in_a_folder(tmp_path: Path) -> None:
    async with Gateway(remember_folder=tmp_path) as gateway:
        talk(gateway, "a", "Hello")
        await gateway.all_over()
    assert _files(tmp_path) == 1
    async with Gateway(remember_folder=tmp_path) as gateway:
        talk(gateway, "b", "Hello")
        await gateway.all_over()
        assert gateway.finished("b")[0].cached_tokens > len("You are Boris. " * 12)


async def test_a_characters_memory_outlives_the_sidecar_in_a_folder(tmp_path: Path) -> None:
    async with Gateway(remember_folder=tmp_path) as gateway:
        talk(gateway, "a", "Hello", character="boris")
        await gateway.all_over()
        gateway.send(order("s", Task.SAVE, character="boris"))
        await gateway.all_over()
        [remembered] = [o for o in gateway.outputs["s"] if isinstance(o, Remembered)]
        said = gateway.text("a")
    assert _files(tmp_path) == 1
    async with Gateway(remember_folder=tmp_path) as gateway:
        memory = remembered.memory
        gateway.send(order("l", Task.LOAD, character="boris", memory=memory))
        messages = [
            *LORE,
            ChatMessage(Role.USER, "Hello"),
            ChatMessage(Role.ASSISTANT, said),
            ChatMessage(Role.USER, "Go on."),
        ]
        gateway.send(order("b", Task.WRITE, messages=messages))
        await gateway.all_over()
        assert gateway.finished("l")[0].reason is FinishReason.STOP
        assert gateway.finished("b")[0].cached_tokens > len("You are Boris. " * 12)
        assert gateway.supervisor.load.restored_tokens > 0
        gateway.send(order("s", Task.SAVE, character="boris"))
        await gateway.all_over()
        assert Remembered("s", memory) in gateway.outputs["s"]


async def test_a_job_that_no_worker_can_begin_in_time_expires(tmp_path: Path) -> None:
    async with Gateway() as gateway:  # Its worker is not there yet.
        talk(gateway, "late", "Hello", deadline=time.monotonic())
        talk(gateway, "slow", "Hello", first_token_by=time.monotonic())
        talk(gateway, "early", "Hello", deadline=time.monotonic() + 3600)
        await gateway.all_over()
        reasons = {job: gateway.finished(job)[0].reason for job in gateway.outputs}
        assert reasons == {
            "late": FinishReason.EXPIRED,
            "slow": FinishReason.EXPIRED,
            "early": FinishReason.STOP,
        }


async def test_a_worker_ends_what_is_too_late_and_serves_by_priority() -> None:
    async with Gateway(slots=1, fake_step_ms=2) as gateway:
        await gateway.supervisor.wait_ready()
        talk(
            gateway, "long", "Hello", ignore_eos=True, priority=Priority.BACKGROUND, max_tokens=400
        )
        await gateway.until(lambda: gateway.ids("long"))
        talk(gateway, "late", "Hello", deadline=time.monotonic() + 0.03, ignore_eos=True)
        talk(gateway, "player", "Hello", priority=Priority.INTERACTIVE, max_tokens=3)
        await gateway.until(lambda: gateway.over("player") and gateway.over("late"))
        assert not gateway.over("long")
        assert gateway.finished("late")[0].reason is FinishReason.EXPIRED
        await gateway.all_over()
        assert gateway.finished("long")[0].preemptions > 0
        assert gateway.supervisor.load.preemptions > 0


def _files(folder: Path) -> int:
    return len(list(folder.glob("*.state")))


class Alternating:
    """A template that wants the roles to alternate."""

    def render(self, messages: Sequence[ChatMessage], *_: object) -> str:
        roles = [message.role for message in messages]
        if roles.count(Role.USER) > 1:
            raise HearsayError(ErrorCode.INVALID_REQUEST, "Roles must alternate")
        return "".join(f"{message.role}: {message.content}\n" for message in messages)


@pytest.fixture
def backend() -> FakeBackend:
    return FakeBackend()


def test_a_beginning_is_what_all_that_go_on_from_it_share(backend: FakeBackend) -> None:
    prompts = PromptReader(Alternating(), backend)  # type: ignore[arg-type]
    tokens = beginning(prompts.read, Alternating().render, [ChatMessage(Role.SYSTEM, "Lore.")])
    assert bytes(tokens) == b"system: Lore.\nuser: "


def test_where_nothing_may_follow_the_whole_is_the_beginning(backend: FakeBackend) -> None:
    prompts = PromptReader(Alternating(), backend)  # type: ignore[arg-type]
    tokens = beginning(prompts.read, Alternating().render, [ChatMessage(Role.USER, "Hello")])
    assert bytes(tokens) == b"user: Hello\n"


@pytest.fixture
def desk(backend: FakeBackend) -> Errands:
    engine = Engine(backend, lambda: 0.0)
    return Errands(engine, PromptReader(ChatTemplate(None), backend), backend)


def test_a_memory_with_tokens_that_are_no_text_is_cut_before_them(desk: Errands) -> None:
    load = order("l", Task.LOAD, character="boris")
    desk.load(load, Memory("Hello", [300_000, 65]))
    assert desk.save("boris") == Memory("Hello", [])
    desk.load(load, Memory("Hello", [65, -1, 65]))
    assert desk.save("boris") == Memory("Hello", [65])
    desk.load(load, Memory("Hello", [65, 256, 65]))  # What ends a reply has no text.
    assert desk.save("boris") == Memory("Hello", [65])


def test_a_memory_that_the_context_cannot_hold_any_more_is_taken_all_the_same(
    desk: Errands,
) -> None:
    memory = Memory("Hello" * 1000, [65])
    desk.load(order("l", Task.LOAD, character="boris"), memory)
    assert desk.save("boris") == memory


def test_what_is_far_too_long_is_not_read_at_all(
    backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompts = PromptReader(ChatTemplate(None), backend, longest_token=8)
    desk = Errands(Engine(backend, lambda: 0.0), prompts, backend)
    monkeypatch.setattr(prompts, "read", lambda _: pytest.fail("It was read."))
    memory = Memory("Hello" * backend.context * 8, [65])
    desk.load(order("l", Task.LOAD, character="boris"), memory)
    assert desk.save("boris") == memory
    lore = [ChatMessage(Role.SYSTEM, "Hello" * backend.context * 8)]
    with pytest.raises(HearsayError, match="at least"):
        desk.prepare(order("p", Task.PREPARE, messages=lore))


def test_who_spoke_longest_ago_is_forgotten(desk: Errands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errands, "MAX_CHARACTERS", 1)
    desk.note("boris", "Hello", [65])
    desk.note("mira", "Hello", [66])
    desk.note(None, "Hello", [67])
    assert desk.save("boris") == Memory()
    assert desk.save("mira") == Memory("Hello", [66])
