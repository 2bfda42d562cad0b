"""`python -m tools.bench`: print Hearsay's figures; `peers` sets llama-server beside it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

from tools.bench.contest import Scene
from tools.bench.figures import Figure, Goal, busy_percent, report
from tools.bench.load import Target
from tools.bench.places import CACHE, BenchError, console
from tools.bench.servers import Waiting

SLOTS = 8
CONTEXT = 8192
BATCH = 512
SEED = 1

WIDTH = 140
"""Columns of the table where there is no terminal to ask."""

Json = Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Also write JSON.")]
Big = Annotated[bool, typer.Option("--big", help="Also the shape of Llama-3.2-1B (slow).")]
Rounds = Annotated[int, typer.Option(min=1, help="How often everything is repeated.")]
Threads = Annotated[int, typer.Option(min=1, help="Threads for the model. [default: all cores]")]
Strict = Annotated[bool, typer.Option("--strict", help="Exit with 1 if a goal is missed.")]
Alike = Annotated[Waiting, typer.Option(help="How threads wait, on both sides; see the README.")]


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


def all_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


CORES = all_cores()


@app.callback(invoke_without_command=True)
def figures(  # noqa: PLR0913, PLR0917  (an option is an argument)
    context: typer.Context,
    big: Big = False,
    rounds: Rounds = 3,
    threads: Threads = CORES,
    url: Annotated[
        str | None, typer.Option(help="Measure this OpenAI-compatible server instead.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="The model to ask it for.")] = None,
    token: Annotated[
        str | None, typer.Option(envvar="HEARSAY_TOKEN", help="The token it wants.")
    ] = None,
    json: Json = None,
    strict: Strict = False,
) -> None:
    """Print the figures of Hearsay, or of the server at --url."""
    if context.invoked_subcommand:
        return
    if url:
        _finish(_of_server(Target(url, model or "", token), rounds), json, strict=strict)
    else:
        _finish(_of_hearsay(_shapes(big=big), rounds, threads), json, strict=strict)


@app.command()
def peers(
    big: Big = False,
    rounds: Rounds = 5,
    threads: Threads = CORES,
    waiting: Alike = Waiting.SHIPPED,
    json: Json = None,
    strict: Strict = False,
) -> None:
    """Set Hearsay beside llama-server, built from the same source with the same flags."""
    _finish(_of_both(_shapes(big=big), rounds, threads, waiting), json, strict=strict)


@app.command()
def scenes(
    only: Annotated[list[Scene] | None, typer.Option(help="This scene only; repeatable.")] = None,
    rounds: Rounds = 3,
    threads: Threads = CORES,
    json: Json = None,
    strict: Strict = False,
    big: Annotated[
        bool, typer.Option("--big", help="With the shape of Llama-3.2-1B (slow).")
    ] = False,
) -> None:
    """Play the scenes that games need beside llama-server as it comes, and name every goal."""
    from tools.bench.contest import House, contest

    model = model_file("m1b" if big else "m135")
    house = House(model, partial(model_file, "m135r"), threads, CORES, rounds)
    _finish(contest(house, only or list(Scene)), json, strict=strict)


@app.command()
def protocol(json: Json = None, strict: Strict = False) -> None:
    """Measure the delivery of our own protocol over WebSocket, with a double of the model."""
    from tools.bench.protocol import protocol_figures

    _finish(protocol_figures(), json, strict=strict)


@app.command()
def godot(json: Json = None, strict: Strict = False) -> None:
    """Measure what the Godot addon takes of a frame, in a real Godot."""
    from tools.bench.godot import godot_figures

    _finish(godot_figures(), json, strict=strict)


@app.command()
def latency(
    model: Annotated[
        Path | None, typer.Option(help="A GGUF file. [default: the embedded model]")
    ] = None,
    requests: Annotated[int, typer.Option(min=1, help="How many on each way.")] = 40,
    threads: Threads = CORES,
    waiting: Alike = Waiting.SHIPPED,
    json: Json = None,
) -> None:
    """Compare what a request waits over each of our transports and over llama-server's."""
    from bridge.models.store import embedded_path
    from tools.bench.latency import latency_figures

    path = (model or embedded_path()).resolve()
    figures = latency_figures(
        path, requests=requests, threads=threads, environment=waiting.environment
    )
    _finish(figures, json, strict=False)


@app.command()
def crowd(
    model: Annotated[Path | None, typer.Option(help="A GGUF file. [default: m135]")] = None,
    minutes: Annotated[float, typer.Option(min=0.05, help="How long 500 characters speak.")] = 10,
    scene: Annotated[
        list[str] | None,
        typer.Option(help="urgent, cancel, fair or rotation; repeatable. [default: all]"),
    ] = None,
    threads: Threads = CORES,
    json: Json = None,
    strict: Strict = False,
) -> None:
    """Let many characters share few places: urgency, cancelling, fairness, memory."""
    from bridge.models.store import embedded_path
    from tools.bench.crowd import Scene, Size, crowd_figures

    size = Size(rotation_seconds=minutes * 60)
    path = (model or model_file("m135")).resolve()
    scenes = [Scene(name) for name in scene] if scene else list(Scene)
    _finish(crowd_figures(path, embedded_path(), threads, size, scenes), json, strict=strict)


@app.command()
def constraint(
    rounds: Rounds = 5,
    threads: Threads = CORES,
    waiting: Alike = Waiting.PASSIVE,
    json: Json = None,
    strict: Strict = False,
) -> None:
    """Measure what a form costs a token, beside llama-server's grammar."""
    _finish(_of_forms(rounds, threads, waiting), json, strict=strict)


@app.command()
def hostile(
    rounds: Rounds = 6,
    threads: Threads = CORES,
    json: Json = None,
    strict: Strict = False,
) -> None:
    """Measure what other streams notice while somebody sends a form that is much too much."""
    _finish(_of_hostile(rounds, threads), json, strict=strict)


@app.command()
def shapes() -> None:
    """Make the models, all shapes, and stop."""
    for name in _shapes(big=True):
        console.print(f"{name}: {model_file(name)}")


def model_file(name: str) -> Path:
    """Return the model file of a shape; makes it if it is not there."""
    # Only now: what measures another server needs no llama.cpp.
    from tools.bench.shapes import SHAPES, VERSION, Vocabulary, make
    from tools.bench.source import llama_vocabulary

    path = CACHE / f"{name}-{VERSION}.gguf"
    if not path.exists():
        vocabulary = Vocabulary.read(llama_vocabulary())
        with Progress(console=console) as progress:
            task = progress.add_task(f"Making {path.name}, once", total=1.0)
            make(
                SHAPES[name],
                vocabulary,
                path,
                seed=SEED,
                progress=lambda done: progress.update(task, completed=done),
            )
    return path


def _shapes(*, big: bool) -> list[str]:
    return ["m135", "m1b"] if big else ["m135"]


def _of_server(target: Target, rounds: int) -> Iterator[Figure]:
    from tools.bench.speed import TASKS, figures_of_one, measure

    for task in TASKS:
        yield from figures_of_one(task, "", measure({"it": target}, task, rounds)["it"])


def _of_hearsay(names: list[str], rounds: int, threads: int) -> Iterator[Figure]:
    from tools.bench.idle import idle_figures
    from tools.bench.link import link_figures
    from tools.bench.servers import hearsay
    from tools.bench.speed import TASKS, figures_of_one, measure
    from tools.bench.step import step_figures

    options = _options(threads)
    for name in names:
        console.print(f"Speed of {name}, {threads} threads …")
        with hearsay(model=model_file(name), options=options, environment={}) as server:
            for task in TASKS:
                runs = measure({"Hearsay": server.target}, task, rounds)["Hearsay"]
                yield from figures_of_one(task, f"{name}, ", runs)
            if name == names[0]:
                console.print("Idle for 10 seconds …")
                yield from idle_figures(server, seconds=10)
    console.print("What Python adds to a step …")
    for sequences, goal in ((SLOTS, Goal(below=2)), (1, None)):
        yield from step_figures(
            model_file("m135"), threads=threads, tokens=96, sequences=sequences, goal=goal
        )
    console.print("What link and gateway add …")
    yield from link_figures()


def _of_both(names: list[str], rounds: int, threads: int, waiting: Waiting) -> Iterator[Figure]:
    from tools.bench.peer import llama_server, llama_server_command
    from tools.bench.servers import free_port, hearsay, peer
    from tools.bench.speed import TASKS, figures_of_two, measure

    binary = llama_server()
    for name in names:
        model = model_file(name)
        port = free_port()
        command = llama_server_command(
            binary, model, port=port, slots=SLOTS, context=CONTEXT, batch=BATCH, threads=threads
        )
        how = f"{threads} threads, waiting: {waiting}"
        console.print(f"Hearsay and llama-server on {name}, {how}, in turns …")
        with (
            peer(command, port, waiting.environment) as theirs,
            hearsay(
                model=model, options=_options(threads), environment=waiting.environment
            ) as ours,
        ):
            targets = {"Hearsay": ours.target, "llama-server": theirs.target}
            for task in TASKS:
                runs = measure(targets, task, rounds)
                both = runs["Hearsay"], runs["llama-server"]
                yield from figures_of_two(task, f"{name}, ", *both)


def _of_forms(rounds: int, threads: int, waiting: Waiting) -> Iterator[Figure]:
    from tools.bench.constraint import constraint_figures
    from tools.bench.peer import llama_server, llama_server_command
    from tools.bench.servers import free_port, hearsay, peer

    model, port = model_file("m35"), free_port()
    command = llama_server_command(
        llama_server(), model, port=port, slots=1, context=2048, batch=BATCH, threads=threads
    )
    options = ["--parallel", "1", "--ctx", "2048", "--threads", str(threads)]
    with (
        peer(command, port, waiting.environment) as theirs,
        hearsay(model=model, options=options, environment=waiting.environment) as ours,
    ):
        targets = {"Hearsay": ours.target, "llama-server": theirs.target}
        yield from constraint_figures(model, targets, rounds, threads)


def _of_hostile(rounds: int, threads: int) -> Iterator[Figure]:
    from bridge.models.store import embedded_path
    from tools.bench.hostile import hostile_figures
    from tools.bench.servers import hearsay

    options = ["--parallel", "4", "--ctx", str(CONTEXT), "--threads", str(threads)]
    with hearsay(model=embedded_path(), options=options, environment={}) as server:
        yield from hostile_figures(server.target, rounds)


def _options(threads: int) -> list[str]:
    return ["--parallel", str(SLOTS), "--ctx", str(CONTEXT), "--threads", str(threads)]


def _finish(figures: Iterator[Figure], json: Path | None, *, strict: bool) -> None:
    """Take the figures, print them as a table, and end with the exit code they deserve."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # The servers must not outlive us.
    busy = busy_percent()
    taken: list[Figure] = []
    code = 0
    try:
        taken.extend(figures)  # What came before an interruption stays.
    except BenchError as error:
        console.print(f"[red]{escape(str(error))}[/]")
        code = 2
    except KeyboardInterrupt:
        console.print("Interrupted; this is what was measured until then.")
        code = 130
    result = report(taken, busy)
    if taken:
        width = None if sys.stdout.isatty() else WIDTH
        Console(highlight=False, width=width).print(result.table())
    if json:
        result.save(json)
    for figure in result.missed:
        console.print(f"[red]Missed:[/] {figure.name}: {figure.value:.3g}, wanted {figure.goal}")
    if code or (result.missed and strict):
        raise typer.Exit(code or 1)


if __name__ == "__main__":
    app()
