"""Real worker processes: what they write, how they die, and that nobody notices."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest

from bridge.chat.prompt import PromptReader
from bridge.chat.template import ChatTemplate
from bridge.errors import ErrorCode, HearsayError
from bridge.protocol import ChatMessage, FinishReason, Role, Sampling
from bridge.worker import supervisor
from bridge.worker.messages import Cancel, Submit
from bridge.worker.supervisor import MAX_DEATHS, MAX_STARTS, State, Supervisor
from tests.worker.gateway import TAVERN, Gateway, options
from tools.bench.judge import NOISE, Judge, load

SLOW = {"fake_step_ms": 10.0}
KILL = getattr(signal, "SIGKILL", signal.SIGTERM)


def _kill(gateway: Gateway) -> None:
    pid = gateway.supervisor.pid
    assert pid
    os.kill(pid, KILL)


async def test_a_job_that_comes_while_the_model_loads_waits_for_it() -> None:
    async with Gateway() as gateway:
        assert gateway.supervisor.state is State.LOADING
        gateway.submit("a")
        await gateway.all_over()
        assert gateway.finished("a")[0].reason is FinishReason.STOP
        assert gateway.supervisor.ready
        assert gateway.supervisor.load.completion_tokens == len(gateway.ids("a"))


async def test_every_choice_of_a_job_has_its_own_end() -> None:
    async with Gateway() as gateway:
        gateway.submit("a", choices=3, max_tokens=5)
        await gateway.all_over()
        assert [f.index for f in gateway.finished("a")] == [0, 1, 2]
        assert all(f.completion_tokens == 5 for f in gateway.finished("a"))


async def test_a_cancelled_job_ends_as_cancelled_and_the_others_go_on() -> None:
    async with Gateway(**SLOW) as gateway:
        gateway.submit("a", ignore_eos=True)
        gateway.submit("b", ignore_eos=True, max_tokens=30)
        await gateway.until(lambda: gateway.ids("a"))
        gateway.supervisor.cancel("a")
        gateway.supervisor.cancel("a")
        gateway.supervisor.cancel("nobody")
        await gateway.all_over()
        assert gateway.finished("a")[0].reason is FinishReason.CANCELLED
        assert len(gateway.ids("b")) == 30
        assert gateway.supervisor.load.running == 0


async def test_a_job_can_be_cancelled_before_the_model_is_there() -> None:
    async with Gateway() as gateway:
        gateway.submit("a", choices=2)
        gateway.supervisor.cancel("a")
        await gateway.all_over()
        assert {f.reason for f in gateway.finished("a")} == {FinishReason.CANCELLED}


async def test_a_prompt_that_does_not_fit_fails_alone() -> None:
    async with Gateway() as gateway:
        gateway.submit("long", "x" * 3000)
        gateway.submit("short", max_tokens=3)
        await gateway.all_over()
        failed = gateway.failed("long")
        assert failed
        assert failed.code is ErrorCode.CONTEXT_EXCEEDED
        assert "3,0" in failed.message.replace("30", "3,0")
        assert len(gateway.ids("short")) == 3


async def test_sixteen_streams_survive_the_death_of_their_worker() -> None:
    async with Gateway(**SLOW) as gateway:
        for index in range(16):
            gateway.submit(f"calm{index}", f"Hello {index}")
        await gateway.all_over()
        calm = [gateway.text(f"calm{index}") for index in range(16)]
        for index in range(16):
            gateway.submit(f"job{index}", f"Hello {index}")
        await gateway.until(lambda: len(gateway.ids("job0")) >= 5)
        _kill(gateway)
        await gateway.all_over()
        assert [gateway.text(f"job{index}") for index in range(16)] == calm
        assert gateway.supervisor.restarts == 1
        usage = {f.completion_tokens for i in range(16) for f in gateway.finished(f"job{i}")}
        assert usage == {len(gateway.ids("calm0"))}


async def test_choices_that_were_over_stay_over_after_a_death() -> None:
    async with Gateway(**SLOW) as gateway:
        gateway.submit("a", choices=2, stop=["zzz"])
        await gateway.until(lambda: len(gateway.ids("a", 1)) >= 3)
        _kill(gateway)
        await gateway.all_over()
        gateway.submit("calm", choices=2)
        await gateway.all_over()
        for index in (0, 1):
            assert gateway.text("a", index) == gateway.text("calm", index)


async def test_a_job_cancelled_as_its_worker_dies_ends_once() -> None:
    async with Gateway(**SLOW) as gateway:
        gateway.submit("a", ignore_eos=True)
        await gateway.until(lambda: gateway.ids("a"))
        _kill(gateway)
        gateway.supervisor.cancel("a")
        await gateway.all_over()
        assert gateway.finished("a")[0].reason is FinishReason.CANCELLED


async def test_the_job_that_kills_is_found_and_the_innocent_go_on() -> None:
    async with Gateway(**SLOW) as gateway:
        gateway.submit("guilty", ignore_eos=True)
        gateway.submit("innocent", ignore_eos=True, max_tokens=40)
        for death in range(1, MAX_DEATHS + 1):
            before = len(gateway.ids("guilty"))
            await gateway.until(lambda: len(gateway.ids("guilty")) > before)  # noqa: B023
            if death == MAX_DEATHS:
                gateway.submit("newcomer", max_tokens=2)
            _kill(gateway)
        await gateway.all_over()
        failed = gateway.failed("guilty")
        assert failed
        assert failed.code is ErrorCode.WORKER_CRASHED
        assert len(gateway.ids("innocent")) == 40
        assert len(gateway.ids("newcomer")) == 2


async def test_a_model_that_kills_its_worker_at_every_start_is_given_up(tmp_path: Path) -> None:
    async with Gateway(path=tmp_path / "kills") as gateway:
        gateway.submit("a")
        for _ in range(MAX_STARTS):
            _kill(gateway)
            dead = gateway.supervisor.pid
            await gateway.until(
                lambda: (
                    gateway.supervisor.pid not in (dead, None)  # noqa: B023
                    or gateway.supervisor.state is State.FAILED
                )
            )
        assert gateway.supervisor.state is State.FAILED
        failed = gateway.failed("a")
        assert failed
        assert failed.code is ErrorCode.MODEL_FAILED
        assert "SIGKILL" in failed.message
        with pytest.raises(HearsayError, match="while loading"):
            await gateway.supervisor.wait_ready()


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="only POSIX can stop a process")
async def test_a_worker_that_hangs_is_replaced_and_its_jobs_go_on() -> None:
    async with Gateway(silence_seconds=2, **SLOW) as gateway:
        gateway.submit("calm", ignore_eos=True, max_tokens=60)
        await gateway.all_over()
        gateway.submit("a", ignore_eos=True, max_tokens=60)
        await gateway.until(lambda: len(gateway.ids("a")) >= 5)
        pid = gateway.supervisor.pid
        assert pid
        os.kill(pid, signal.SIGSTOP)
        await gateway.all_over()
        assert gateway.supervisor.restarts == 1
        assert gateway.text("a") == gateway.text("calm")


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="only POSIX can stop a process")
async def test_a_worker_that_hangs_while_it_loads_is_replaced_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(supervisor, "TICK_SECONDS", 0.1)
    async with Gateway(silence_seconds=1) as gateway:
        gateway.submit("a", max_tokens=2)
        assert gateway.supervisor.pid
        os.kill(gateway.supervisor.pid, signal.SIGSTOP)
        await gateway.all_over()
        assert len(gateway.ids("a")) == 2
        assert gateway.supervisor.restarts == 1


async def test_a_worker_without_work_may_be_silent_for_ever() -> None:
    async with Gateway(silence_seconds=1) as gateway:
        gateway.submit("a", max_tokens=2)
        await gateway.all_over()
        await asyncio.sleep(2.5)  # Not a wait for something: the silence itself is the matter.
        assert gateway.supervisor.restarts == 0
        gateway.submit("b", max_tokens=2)
        await gateway.all_over()


async def test_the_first_death_before_a_model_is_ready_leads_to_safe_mode() -> None:
    async with Gateway() as gateway:
        _kill(gateway)
        await gateway.supervisor.wait_ready()
        assert gateway.supervisor.ready
        assert "SIGKILL" in (gateway.supervisor.ready.safe_mode or "")


async def test_stopping_fails_what_is_open_and_leaves_no_process() -> None:
    gateway = Gateway(**SLOW)
    await gateway.supervisor.start()
    gateway.submit("a", ignore_eos=True)
    await gateway.until(lambda: gateway.ids("a"))
    pid = gateway.supervisor.pid
    assert pid
    await gateway.supervisor.stop()
    failed = gateway.failed("a")
    assert failed
    assert failed.code is ErrorCode.SHUTTING_DOWN
    assert not psutil.pid_exists(pid)
    gateway.submit("late")
    assert gateway.failed("late")


async def test_a_worker_ends_when_its_gateway_is_killed() -> None:
    with tempfile.TemporaryDirectory(prefix="hearsay") as folder:
        await _kill_gateway(folder)


async def _kill_gateway(folder: str) -> None:
    script = (
        "import asyncio, sys\n"
        "from tests.worker.gateway import Gateway\n"
        "async def main():\n"
        "    async with Gateway(fake_step_ms=5.0) as gateway:\n"
        "        await gateway.supervisor.wait_ready()\n"
        "        gateway.submit('a', ignore_eos=True)\n"
        "        print(gateway.supervisor.pid, flush=True)\n"
        "        await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        script,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "TMPDIR": folder},
    )
    assert process.stdout
    worker = psutil.Process(int(await process.stdout.readline()))
    process.kill()
    await process.wait()
    await asyncio.to_thread(worker.wait, 5)
    assert not await asyncio.to_thread(lambda: [*Path(folder).iterdir()])


async def test_a_file_that_is_no_model_is_a_clear_failure(tmp_path: Path) -> None:
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"GGUF")
    async with Gateway(path=path, backend="llama") as gateway:
        gateway.submit("a")
        await gateway.all_over()
        failed = gateway.failed("a")
        assert failed
        assert failed.code is ErrorCode.MODEL_FAILED
        assert "broken.gguf" in failed.message


@pytest.mark.parametrize("heard", [1.0, 0.5])
async def test_the_next_turn_meets_the_cache_even_of_a_reply_that_was_interrupted(
    heard: float,
) -> None:
    async with Gateway(backend="llama", threads=2) as gateway:
        gateway.submit("a", max_tokens=16)
        await gateway.all_over()
        first = gateway.finished("a")[0]
        said = gateway.text("a")
        talk = [
            ChatMessage(Role.SYSTEM, "You are Boris."),
            ChatMessage(Role.USER, "Hello"),
            ChatMessage(Role.ASSISTANT, said[: int(len(said) * heard)]),
            ChatMessage(Role.USER, "And you?"),
        ]
        gateway.outputs["b"] = []
        gateway._wanted["b"] = 1
        submit = Submit(job="b", messages=talk, sampling=Sampling(temperature=0), max_tokens=4)
        gateway.supervisor.submit(submit, gateway._receive)
        await gateway.all_over()
        started = gateway.outputs["a"][0]
        cached = gateway.finished("b")[0].cached_tokens
        written = int((first.completion_tokens - 1) * heard)
        assert cached >= started.prompt_tokens + written - 2  # type: ignore[union-attr]


async def test_a_greedy_reply_of_the_real_model_is_the_same_after_a_death() -> None:
    async with Gateway(backend="llama", threads=2) as gateway:
        gateway.submit("calm", "Tell me a story.", ignore_eos=True, max_tokens=400)
        await gateway.all_over()
        gateway.submit("a", "Tell me a story.", ignore_eos=True, max_tokens=400)
        await gateway.until(lambda: len(gateway.ids("a")) >= 20)
        _kill(gateway)
        await gateway.all_over()
        assert gateway.supervisor.restarts == 1
        if gateway.ids("a") != gateway.ids("calm"):
            # What was written one by one is read again at once, and the logits move a little.
            _assert_likely(gateway.ids("a"))


def _assert_likely(ids: list[int]) -> None:
    """Hold every token to being the likeliest one, or as likely as can be told."""
    backend = load(TAVERN, slots=1)
    template = ChatTemplate(backend.chat_template, start_text=backend.start_text)
    prompts = PromptReader(template, backend, start_text=backend.start_text)
    talk = [ChatMessage(Role.SYSTEM, "You are Boris."), ChatMessage(Role.USER, "Tell me a story.")]
    prompt = prompts.read(prompts.render(talk, {}))
    assert Judge(backend).doubt(prompt + ids, len(prompt)) <= NOISE


async def test_a_job_that_comes_in_the_moment_of_a_death_is_done_by_the_next_worker() -> None:
    async with Gateway() as gateway:
        await gateway.supervisor.wait_ready()
        child = gateway.supervisor._child
        assert child
        _kill(gateway)
        while child.send(Cancel("nobody's")):  # Until the link is gone; our loop does not know.
            pass
        gateway.submit("a")
        await gateway.all_over()
        assert gateway.finished("a")[0].reason is FinishReason.STOP
        assert gateway.supervisor.restarts == 1


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="only POSIX can stop a process")
async def test_a_deadline_that_passed_while_a_worker_hung_counts_once_it_is_dead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(supervisor, "BACKOFF_SECONDS", (3600.0,))  # No other worker helps.
    async with Gateway(**SLOW) as gateway:
        await gateway.supervisor.wait_ready()
        deadline = time.monotonic() + 1.0
        gateway.submit("a", ignore_eos=True, max_tokens=900, deadline=deadline)
        await gateway.until(lambda: gateway.ids("a"))
        os.kill(gateway.supervisor.pid or 0, signal.SIGSTOP)
        passed = asyncio.Event()  # What was asked of a worker is the worker's.
        asyncio.get_running_loop().call_later(deadline - time.monotonic(), passed.set)
        await passed.wait()
        assert not gateway.over("a")
        _kill(gateway)
        await gateway.all_over()
        assert gateway.finished("a")[0].reason is FinishReason.EXPIRED


async def test_a_worker_that_is_ready_and_dead_at_once_is_replaced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(supervisor, "BACKOFF_SECONDS", (0.5,))
    async with Gateway(**SLOW) as gateway:
        await gateway.supervisor.wait_ready()
        ready = gateway.supervisor.ready
        assert ready
        epoch, pid = gateway.supervisor._epoch, gateway.supervisor.pid
        _kill(gateway)
        await gateway.until(lambda: gateway.supervisor.pid is None)
        gateway.supervisor._receive(epoch, ready)  # It said so before, and was heard later.
        gateway.submit("a")
        await gateway.all_over()
        assert gateway.finished("a")[0].reason is FinishReason.STOP
        assert gateway.supervisor.pid != pid


@pytest.mark.parametrize("ready", [False, True])
async def test_a_job_that_cannot_be_sent_fails_alone(ready: bool) -> None:
    async with Gateway() as gateway:
        if ready:
            await gateway.supervisor.wait_ready()
        gateway.submit("a", template_kwargs={"n": 10**30})  # msgpack knows no such number.
        gateway.submit("b")
        await gateway.all_over()
        failed = gateway.failed("a")
        assert failed
        assert failed.code is ErrorCode.INTERNAL
        assert gateway.finished("b")


async def test_a_bad_request_is_an_error_and_not_a_death() -> None:
    async with Gateway(backend="llama", threads=2) as gateway:
        gateway.submit("a", sampling=Sampling(logit_bias={"x": 1.0}))
        await gateway.all_over()
        failed = gateway.failed("a")
        assert failed
        assert failed.code is ErrorCode.INVALID_REQUEST
        assert failed.param == "logit_bias"
        assert gateway.supervisor.restarts == 0


def test_options_travel_as_one_line() -> None:
    from bridge.worker.options import Birth

    birth = Birth(options=options(), safe="it died")
    line = birth.encode()
    assert line.count(b"\n") == 1
    assert Birth.decode(line) == birth


def test_threads_are_the_physical_cores_unless_told() -> None:
    assert options(threads=5).thread_count == 5
    assert 1 <= options().thread_count <= (os.cpu_count() or 1)
    assert Supervisor(options()).pid is None
