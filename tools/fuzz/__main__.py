"""`python -m tools.fuzz`: hostile frames over a real socket; exit code 1 when a promise breaks."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from tools.bench.verdict import conclude
from tools.fuzz.sockets import Report, fuzz
from tools.fuzz.target import started

app = typer.Typer(add_completion=False)


@app.command()
def main(
    transport: Annotated[str, typer.Option(help="websocket or zeromq")] = "websocket",
    frames: Annotated[int, typer.Option(min=1)] = 1_000_000,
    seed: int = 1,
) -> None:
    """Send hostile frames to a sidecar while a good client talks with it."""
    with started() as target:
        report = asyncio.run(fuzz(target, transport, frames, seed))
        alive = target.alive
    _tell(report)
    conclude(report.broken if alive else ["the sidecar has ended", *report.broken])


def _tell(report: Report) -> None:
    print(f"{report.frames} frames on {report.connections} connections in {report.seconds:.0f} s")
    print(f"memory grew by {report.grown_bytes / (1 << 20):.1f} MiB")
    print(
        f"the good client had {report.good_replies} replies, each within "
        f"{report.slowest_reply:.2f} s; its slowest question was answered "
        f"after {report.slowest_answer * 1000:.0f} ms"
    )
    for code, count in report.closes.most_common():
        print(f"{count} connections were closed with {code}")


if __name__ == "__main__":
    app()
