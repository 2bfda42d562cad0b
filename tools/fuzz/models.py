"""Damaged model files: `python -m tools.fuzz.models`; the head reader first, then llama.cpp."""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from bridge.errors import HearsayError
from bridge.models.gguf import read_head
from bridge.models.store import embedded_path
from bridge.worker.loading import load
from bridge.worker.options import WorkerOptions

MOST_SECONDS = 20
"""A load that takes longer hangs; the gateway's patience with a silent worker ends it."""

MOST_MEMORY = 1 << 30
"""Of a file of four megabytes; what a lie about sizes could make of it has no other bound."""

EXTREMES = (b"\x00" * 8, b"\xff" * 8, b"\xff" * 7 + b"\x7f", b"\x01" + b"\x00" * 7, b"\x00\x00\x01")

app = typer.Typer(add_completion=False)


@dataclass
class Report:
    """What became of the files."""

    ends: Counter[str] = field(default_factory=Counter)
    slowest_head: float = 0.0
    broken: list[str] = field(default_factory=list)


def damaged(whole: bytes, head: int, draw: random.Random) -> bytes:
    """Return a copy with a few wounds in its first `head` bytes, or one that is cut or longer."""
    copy = bytearray(whole)
    for _ in range(draw.choice((1, 1, 1, 2, 8))):
        # The first bytes say how much follows: many wounds go there.
        at = draw.randrange(256 if draw.random() < 0.2 else head)
        match draw.randrange(9):
            case 0 | 1:
                copy[at] = draw.randrange(256)
            case 2 | 3:
                copy[at] ^= 1 << draw.randrange(8)
            case 4 | 5:
                extreme = draw.choice(EXTREMES)
                copy[at : at + len(extreme)] = extreme
            case 6 | 7:
                other, size = draw.randrange(head), draw.randrange(1, 64)
                copy[at : at + size] = copy[other : other + size]
            case _:
                del copy[at : at + draw.randrange(1, 9)]
    return bytes(copy[: draw.randrange(len(copy))]) if draw.random() < 0.05 else bytes(copy)


def head_size(whole: bytes) -> int:
    """Return about where the tensors begin: behind the last of their names."""
    return whole.rfind(b".weight") + 64


@app.command()
def main(
    files: Annotated[int, typer.Option(min=1)] = 2000,
    seed: int = 1,
) -> None:
    """Damage the built-in model so many times; exit code 1 when a promise breaks."""
    if not hasattr(os, "fork"):
        raise typer.BadParameter("only a system that can fork loads so many files in good time")
    import llama_cpp  # noqa: F401 - once here, and not in each of the processes

    whole = embedded_path().read_bytes()
    size, draw, report = head_size(whole), random.Random(seed), Report()
    with tempfile.TemporaryDirectory(prefix="hearsay") as folder:
        path = Path(folder) / "model.gguf"
        for number in range(files):
            path.write_bytes(damaged(whole, size, draw))
            _try(path, f"file {number} of seed {seed}", report)
            if number % 100 == 99:
                print(f"{number + 1:>5} files: {dict(report.ends.most_common())}", flush=True)
    print(f"the slowest head was read in {report.slowest_head * 1000:.0f} ms")
    for line in report.broken:
        print(line)
    raise typer.Exit(1 if report.broken else 0)


def _try(path: Path, name: str, report: Report) -> None:
    started = time.perf_counter()
    try:
        read_head(path)
    except HearsayError:
        report.ends["refused by the head reader"] += 1
        return
    except Exception as error:  # noqa: BLE001 - that none comes is the promise
        report.broken.append(f"{name}: the head reader raised {error!r}")
        return
    finally:
        report.slowest_head = max(report.slowest_head, time.perf_counter() - started)
    end = _loaded(path)
    report.ends[end] += 1
    if end in {"hung", "out of memory"}:
        report.broken.append(f"{name}: {end}")


def _loaded(path: Path) -> str:
    """Load a file in a process of its own, as the gateway does; return how that ended."""
    child = os.fork()
    if not child:
        os._exit(_load(path))
    end = time.monotonic() + MOST_SECONDS
    while not (done := os.waitpid(child, os.WNOHANG))[0]:
        if time.monotonic() > end:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return "hung"
        time.sleep(0.005)
    code = os.waitstatus_to_exitcode(done[1])
    if code < 0:
        return f"ended the worker with {signal.Signals(-code).name}"
    return {0: "loaded", 1: "refused by llama.cpp", 2: "out of memory"}.get(code, f"exit {code}")


def _load(path: Path) -> int:
    import resource  # Here and not above: no system without fork has it.

    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 2)
    os.environ["GGML_NO_BACKTRACE"] = "1"
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        options = WorkerOptions(path=path, slots=1, context=256, threads=1, gpu_layers=0)
        load(options, None, lambda _: None)
    except HearsayError:
        return 1
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    return 2 if grown > MOST_MEMORY else 0


if __name__ == "__main__":
    sys.exit(app())
