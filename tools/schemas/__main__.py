"""`python -m tools.schemas suite`: the official tests; `... random`: schemas at random."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tools.schemas.suite import fetch, table, tally, total

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "schemas"
TABLE = ROOT / "bridge" / "grammar" / "SUITE.md"
TAVERN = ROOT / "bridge" / "models" / "data" / "tavern.gguf"
HEAD = """# The JSON-Schema-Test-Suite

Draft 2020-12, the required tests, each instance as JSON on one line, held byte by byte against the
compiled schema. `python -m tools.schemas suite --write` wrote this.
"""

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def suite(
    write: Annotated[bool, typer.Option("--write", help="Write the table into the docs.")] = False,
) -> None:
    """Hold the official instances against the compiled schemas."""
    tallies = tally(fetch(CACHE))
    lines = [*table(tallies), ""]
    whole = total(tallies)
    lines.append(f"Agreement: {100 * whole.agreed / whole.instances:.1f} %.\n")
    for title, entries in (
        ("Wrongly accepted", whole.wrong),
        ("Valid, but refused", whole.narrow),
        ("Schemas that are refused", whole.refused),
    ):
        lines += [f"## {title}\n", *[f"* {entry}" for entry in entries or ["none"]], ""]
    print("\n".join(lines))
    if write:
        TABLE.write_text(f"{HEAD}\n" + "\n".join(lines), encoding="utf-8")
    if whole.wrong:
        raise typer.Exit(1)


@app.command("random")
def at_random(
    model: Annotated[Path, typer.Option(help="A GGUF file.")] = TAVERN,
    noise: Annotated[
        bool, typer.Option("--noise", help="Random weights and a vocabulary of 128,256 instead.")
    ] = False,
    count: Annotated[int, typer.Option(min=1, help="How many schemas.")] = 1000,
    seed: Annotated[int, typer.Option(help="Which schemas.")] = 1,
    max_tokens: Annotated[int, typer.Option(min=8, help="The most tokens of a reply.")] = 300,
    threads: Annotated[int, typer.Option(min=1, help="Threads of the model.")] = 2,
) -> None:
    """Ask a model at temperature 1.5 for replies to schemas at random, and check them."""
    from tools.schemas.trial import run

    result = run(
        _noise() if noise else model, count, seed=seed, max_tokens=max_tokens, threads=threads
    )
    print(
        f"{result.asked} schemas, {result.refused} refused; replies: {result.finished} finished, "
        f"{result.cut} cut, {result.broken} broken; {len(result.wrong)} finished ones not valid; "
        f"{result.tokens} tokens in {result.seconds:.0f} s"
    )
    for wrong in result.wrong:
        print(wrong)
    if result.wrong:
        raise typer.Exit(1)


def _noise() -> Path:
    """Return a model that says anything: small, for it has a large vocabulary to choose from."""
    from tools.bench.places import CACHE as BENCH
    from tools.bench.shapes import SHAPES, VERSION, Vocabulary, make
    from tools.bench.source import llama_vocabulary

    target = BENCH / f"m35-{VERSION}.gguf"
    if not target.exists():
        vocabulary = Vocabulary.read(llama_vocabulary())
        make(SHAPES["m35"], vocabulary, target, seed=1, progress=lambda _: None)
    return target


if __name__ == "__main__":
    app()
