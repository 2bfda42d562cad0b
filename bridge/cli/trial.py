"""A trial for `hearsay doctor`: a worker loads the model and writes a few tokens with it."""

from __future__ import annotations

import asyncio
import re

from bridge.cli.checks import Check, Status
from bridge.config import Settings
from bridge.errors import HearsayError
from bridge.models.store import Model
from bridge.protocol import ChatMessage, Role, Sampling
from bridge.worker.messages import Failed, Finished, Output, Ready, Submit
from bridge.worker.options import WorkerOptions
from bridge.worker.supervisor import Supervisor

TRIAL_SECONDS = 120.0
TOKENS = 16
CONTEXT = 512

GPU_NAMES = ("CUDA", "ROCm", "HIP", "Vulkan", "Metal", "MTL", "SYCL")


def trial_checks(settings: Settings, model: Model) -> list[Check]:
    """Return how a real worker fared with the model, and what llama.cpp says of itself."""
    options = WorkerOptions(
        path=model.path,
        slots=1,
        context=CONTEXT,
        threads=settings.threads,
        gpu_layers=settings.gpu_layers,
        kv_type=settings.kv_type,
        backend=settings.backend,
    )
    return asyncio.run(_try(options))


async def _try(options: WorkerOptions) -> list[Check]:
    supervisor = Supervisor(options)
    await supervisor.start()
    try:
        async with asyncio.timeout(TRIAL_SECONDS):
            await supervisor.wait_ready()
            last = await _write(supervisor)
    except TimeoutError:
        return [_failed(f"nothing was written in {TRIAL_SECONDS:.0f} s")]
    except HearsayError as error:
        return [_failed(error.message)]
    finally:
        ready = supervisor.ready
        await supervisor.stop()
    if isinstance(last, Failed) or ready is None:
        return [_failed(last.message if isinstance(last, Failed) else "it was never ready")]
    return [_build(ready), _safe_mode(ready), _decode(ready, last)]


async def _write(supervisor: Supervisor) -> Finished | Failed:
    ended: asyncio.Future[Finished | Failed] = asyncio.get_running_loop().create_future()

    def hear(output: Output) -> None:
        if isinstance(output, Finished | Failed) and not ended.done():
            ended.set_result(output)

    hello = ChatMessage(Role.USER, "Hello!")
    submit = Submit(
        job="doctor",
        messages=[hello],
        sampling=Sampling(temperature=0.0),
        max_tokens=TOKENS,
        ignore_eos=True,
    )
    supervisor.submit(submit, hear)
    return await ended


def _failed(why: str) -> Check:
    cure = "Run `hearsay serve --log-level debug` to see more, or build llama.cpp again."
    return Check("trial", Status.FAIL, f"a worker could not write: {why}", cure)


def _build(ready: Ready) -> Check:
    info = ready.system_info
    used = re.findall(r"(\w+) = 1", info)
    cards = [name for name in GPU_NAMES if name.lower() in info.lower()]
    found = f"built with {', '.join(used) or info}; graphics: {', '.join(cards) or 'none'}"
    return Check("llama.cpp", Status.OK, found)


def _safe_mode(ready: Ready) -> Check:
    if not ready.safe_mode:
        return Check("safe mode", Status.OK, "not needed")
    found = f"needed: {ready.safe_mode}"
    cure = "It works, a little slower; a build without the instructions that fail (AMX) cures it."
    return Check("safe mode", Status.WARN, found, cure)


def _decode(ready: Ready, last: Finished) -> Check:
    speed = last.completion_tokens / max(last.decode_ms / 1000, 1e-6)
    found = (
        f"{last.completion_tokens} tokens at {speed:.0f} tokens/s, loaded in "
        f"{ready.load_seconds:.2f} s: {ready.description}"
    )
    return Check("trial", Status.OK, found)
