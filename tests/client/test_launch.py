"""A sidecar of our own: it comes with the client, goes with it, and its death is noticed."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from bridge.client import AsyncHearsay, ConnectionLostError, Hearsay, Patience
from bridge.client.core import State
from bridge.protocol import FinishReason
from tests.client.serving import REQUEST
from tests.gateway.children import ROOT, environment, gone, wait_until

ENDLESS = {**REQUEST, "ignore_eos": True, "max_tokens": 100_000}
posix = pytest.mark.skipif(os.name != "posix", reason="Windows has no such signals")

PROGRAM = """
import sys, time
from bridge.client import Hearsay
hearsay = Hearsay.launch().open()
job = hearsay.stream_chat_completions({})
print(hearsay._client._sidecar.pid, next(iter(job)), flush=True)
time.sleep(60)
"""

FIRST = """
import sys
from bridge.client import Hearsay
with Hearsay.launch(arguments=sys.argv[1:]):
    print("here", flush=True)
    input()
"""


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """The environment of a sidecar that touches nothing of the user's."""
    return environment(tmp_path, HEARSAY_FAKE_STEP_MS="1")


def family(client: AsyncHearsay) -> tuple[int, int]:
    """Return the ids of the sidecar and its worker."""
    assert client._sidecar
    sidecar = client._sidecar.pid
    wait_until(lambda: bool(psutil.Process(sidecar).children()), "a worker")
    return sidecar, psutil.Process(sidecar).children()[0].pid


async def test_a_launched_sidecar_answers_and_leaves_no_process(home: dict[str, str]) -> None:
    async with AsyncHearsay.launch(environment=home) as client:
        job = await client.stream_chat_completions(REQUEST)
        assert [text async for text in job]
        assert (await job).choices[0].finish_reason is FinishReason.STOP
        pids = family(client)
    assert gone(*pids)


async def test_the_model_and_further_words_are_given_to_the_sidecar(home: dict[str, str]) -> None:
    arguments = ["--alias", "boris=tavern/keeper"]
    client = AsyncHearsay.launch(["tavern/keeper"], arguments=arguments, environment=home)
    async with client:
        (model,) = await client.models()
        assert (model.id, model.aliases) == ("tavern/keeper", ["boris"])


def test_who_started_a_shared_sidecar_may_leave_before_the_others(
    home: dict[str, str], tmp_path: Path
) -> None:
    arguments = ["--share", str(tmp_path / "share.json")]
    home["HEARSAY_LEASE_SECONDS"] = "1"
    command = [sys.executable, "-c", FIRST, *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, env=home, cwd=ROOT) as first:
        assert first.stdout
        assert first.stdout.readline()
        with Hearsay.launch(arguments=arguments, environment=home) as second:
            assert second._client._sidecar
            assert second._client._sidecar.shared
            pids = family(second._client)
            first.communicate(b"leave\n", timeout=10)
            assert first.returncode == 0
            response = second.async_chat_completions(REQUEST).result()
            assert response.choices[0].finish_reason is FinishReason.STOP
    wait_until(lambda: gone(*pids), "the end of what nobody uses")


async def test_a_sidecar_that_does_not_start_says_why(home: dict[str, str]) -> None:
    sentence = r"^The sidecar did not start: No such option: --no-such-option[^\n]*$"
    with pytest.raises(ConnectionLostError, match=sentence):
        await AsyncHearsay.launch(arguments=["--no-such-option"], environment=home)


async def test_a_killed_sidecar_fails_every_open_job_at_once(home: dict[str, str]) -> None:
    async with AsyncHearsay.launch(environment=home) as client:
        jobs = [await client.stream_chat_completions(ENDLESS) for _ in range(4)]
        for job in jobs:
            await anext(aiter(job))
        sidecar, worker = family(client)
        psutil.Process(sidecar).kill()
        began = time.monotonic()
        for job in jobs:
            with pytest.raises(ConnectionLostError, match="has ended"):
                await job
        assert time.monotonic() - began < 1
        with pytest.raises(ConnectionLostError):
            await client.status()
        wait_until(lambda: gone(worker), "the worker to go too")


async def test_a_killed_worker_is_a_pause_and_no_error(home: dict[str, str]) -> None:
    async with AsyncHearsay.launch(environment=home) as client:
        whole = await client.async_chat_completions({**ENDLESS, "max_tokens": 300})
        text = (await whole).choices[0].message.content
        job = await client.stream_chat_completions({**ENDLESS, "max_tokens": 300})
        await anext(aiter(job))
        _, worker = family(client)
        psutil.Process(worker).kill()
        assert (await job).choices[0].message.content == text
        assert job.text == text
        assert (await client.status()).models[0].restarts == 1


@posix
async def test_a_sidecar_that_sleeps_is_waited_for(home: dict[str, str]) -> None:
    patience = Patience(ping_seconds=0.2, greeting_seconds=0.5, retry_seconds=0.1)
    async with AsyncHearsay.launch(environment=home, patience=patience) as client:
        job = await client.stream_chat_completions({**ENDLESS, "max_tokens": 300})
        await anext(aiter(job))
        assert client._sidecar
        sidecar = psutil.Process(client._sidecar.pid)
        sidecar.send_signal(signal.SIGSTOP)
        dead = partial(wait_until, lambda: client._core.state is not State.LIVE, "three pings")
        await asyncio.to_thread(dead)
        sidecar.send_signal(signal.SIGCONT)
        assert (await job).choices[0].message.content == job.text


@posix
def test_a_killed_program_leaves_no_sidecar(home: dict[str, str], tmp_path: Path) -> None:
    script = tmp_path / "game.py"
    script.write_text(PROGRAM.replace("({})", f"({ENDLESS})"))
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, env=home, cwd=ROOT, text=True
    ) as game:
        assert game.stdout
        pid = int(game.stdout.readline().split()[0])
        worker = psutil.Process(pid).children()[0].pid
        game.kill()
        began = time.monotonic()
        wait_until(lambda: gone(pid, worker), "the sidecar to go with its program", 5)
        assert time.monotonic() - began < 2


def test_the_blocking_client_launches_too(home: dict[str, str]) -> None:
    with Hearsay.launch(environment=home) as hearsay:
        job = hearsay.stream_chat_completions(REQUEST)
        assert "".join(job) == job.text == job.result(5).choices[0].message.content


@pytest.mark.parametrize("sample", ["talk.py", "tools.py"])
def test_the_sample_talks(home: dict[str, str], sample: str) -> None:
    command = [sys.executable, str(ROOT / "samples" / "python" / sample)]
    run = subprocess.run(
        command, env=home, capture_output=True, encoding="utf-8", timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip()


@pytest.mark.parametrize("kind", [AsyncHearsay, Hearsay])
def test_a_misspelled_option_is_an_error(kind: type[AsyncHearsay | Hearsay]) -> None:
    wrong: dict[str, Any] = {"model": "x.gguf"}
    also_wrong: dict[str, Any] = {"toekn": "x"}
    with pytest.raises(TypeError, match="model"):
        kind.launch(**wrong)
    with pytest.raises(TypeError, match="toekn"):
        kind.connect("http://127.0.0.1:1", **also_wrong)
