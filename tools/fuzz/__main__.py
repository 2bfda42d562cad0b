"""`python -m tools.fuzz`: hostile frames over a real socket; exit code 1 when a promise breaks."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import psutil
import typer

from tools.fuzz.sockets import Report, Target, fuzz

MOST_GROWN = 20 << 20
MOST_SECONDS = 1.0

app = typer.Typer(add_completion=False)


@app.command()
def main(
    transport: Annotated[str, typer.Option(help="websocket or zeromq")] = "websocket",
    frames: Annotated[int, typer.Option(min=1)] = 1_000_000,
    seed: int = 1,
) -> None:
    """Send hostile frames to a sidecar while a good client talks with it."""
    with tempfile.TemporaryDirectory(prefix="hearsay") as folder:
        endpoint = f"ipc://{Path(folder) / 'fuzz'}" if os.name == "posix" else "tcp://127.0.0.1:*"
        command = [sys.executable, "-m", "bridge", "serve", "--sidecar", "--zeromq", endpoint]
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "HEARSAY_BACKEND": "fake"},
        )
        try:
            assert process.stdout  # noqa: S101 - a pipe was asked for
            target = Target(json.loads(process.stdout.readline()), psutil.Process(process.pid))
            report = asyncio.run(fuzz(target, transport, frames, seed))
            alive = process.poll() is None
        finally:
            process.terminate()
            process.wait()
    _tell(report)
    broken = report.grown_bytes > MOST_GROWN or report.slowest_answer > MOST_SECONDS or not alive
    raise typer.Exit(1 if broken else 0)


def _tell(report: Report) -> None:
    print(f"{report.frames} frames on {report.connections} connections in {report.seconds:.0f} s")
    print(f"memory grew by {report.grown_bytes / (1 << 20):.1f} MiB")
    print(
        f"the good client had {report.good_replies} replies, its slowest question was answered "
        f"after {report.slowest_answer * 1000:.0f} ms"
    )
    for code, count in report.closes.most_common():
        print(f"{count} connections were closed with {code}")


if __name__ == "__main__":
    app()
