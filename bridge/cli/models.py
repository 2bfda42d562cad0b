"""`hearsay models`."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from bridge.cli.failure import told
from bridge.config import load_settings
from bridge.errors import HearsayError
from bridge.models.store import Model, Store
from bridge.protocol import MODEL_PREFIX


@dataclass(frozen=True)
class Row:
    """A model as it is listed; what the file does not say is None."""

    id: str
    path: str
    name: str | None = None
    architecture: str | None = None
    size_bytes: int | None = None
    parameters: int | None = None
    context: int | None = None
    trained: bool | None = None
    problem: str | None = None


def models(config: Path | None, *, as_json: bool) -> None:
    """List the embedded model and those of the store."""
    with told():
        store = Store(load_settings({}, config).models_dir)
        rows = [row(model) for model in store.models()]
        if as_json:
            print(json.dumps([asdict(each) for each in rows], indent=2))  # noqa: T201
        elif sys.stdout.isatty():
            _show(rows, store.folder)
        else:
            _print(rows)


def row(model: Model) -> Row:
    """Return what is known of a model; one that cannot be read has a problem instead."""
    name = MODEL_PREFIX + model.id
    try:
        head = model.head()
    except HearsayError as error:
        return Row(name, str(model.path), problem=error.message)
    trained = head.metadata.get("hearsay.trained")
    return Row(
        id=name,
        path=str(model.path),
        name=head.text("general.name"),
        architecture=head.architecture or None,
        size_bytes=head.size_bytes,
        parameters=head.parameters,
        context=head.context,
        trained=trained if isinstance(trained, bool) else None,
    )


def amount(value: int | None) -> str:
    """Return a number in three digits and a letter: 1.24 B, 135 M."""
    if value is None:
        return "-"
    for letter, size in (("T", 10**12), ("B", 10**9), ("M", 10**6), ("k", 10**3)):
        if value >= size:
            return f"{value / size:.3g} {letter}"
    return str(value)


def size(value: int | None) -> str:
    """Return bytes as people say them."""
    if value is None:
        return "-"
    return f"{value / 2**30:.2f} GiB" if value >= 2**30 else f"{value / 2**20:.1f} MiB"


def _cells(each: Row) -> list[str]:
    context = "-" if each.context is None else str(each.context)
    where = each.problem or each.path
    return [each.id, size(each.size_bytes), context, amount(each.parameters), where]


def _print(rows: list[Row]) -> None:
    for each in rows:
        print("\t".join(_cells(each)))  # noqa: T201


def _show(rows: list[Row], folder: Path) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for title, justify in (("id", "left"), ("size", "right"), ("context", "right")):
        table.add_column(title, justify="right" if justify == "right" else "left", no_wrap=True)
    table.add_column("parameters", justify="right", no_wrap=True)
    table.add_column("where", overflow="fold")
    for each in rows:
        table.add_row(*[Text(cell, "red" if each.problem else "") for cell in _cells(each)])
    console = Console(highlight=False)
    console.print(table)
    console.print(Text(f"GGUF files below {folder} are listed here by their names.", "dim"))
