"""Who says what on a terminal, in colours where there are any, letter by letter either way."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text

from bridge.cli.client import Client
from bridge.cli.failure import stoppable
from bridge.cli.sidecar import wait_loaded
from bridge.client.launch import Sidecar

WHILE_LOADING = "loading the model"


class Stage:
    """The standard output, for a conversation."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, soft_wrap=True)
        self.is_terminal = self._console.is_terminal

    def note(self, text: str) -> None:
        """Print a remark that nobody says."""
        self._console.print(Text(text, "dim"))

    def speaker(self, name: str, style: str) -> None:
        """Begin a line of dialogue."""
        self._write(f"{name}: ", f"bold {style}")

    def say(self, text: str, style: str) -> None:
        """Print a whole line of dialogue."""
        self._write(text + "\n", style)

    def stream(self, reply: Iterable[str], style: str) -> None:
        """Print a reply as it is written."""
        try:
            for piece in reply:
                self._write(piece, style)
        finally:
            self._write("\n", style)

    def wait(self, sidecar: Sidecar, client: Client) -> None:
        """Show how far the model is until it is loaded; Ctrl-C raises StoppedError."""
        with stoppable("loading"):
            self._wait(sidecar, client)

    def _wait(self, sidecar: Sidecar, client: Client) -> None:
        if not self.is_terminal:
            self.note(WHILE_LOADING + " ...")
            wait_loaded(sidecar, client, lambda _: None)
            return
        columns = (TextColumn(WHILE_LOADING), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
        with Progress(*columns, console=self._console, transient=True) as progress:
            task = progress.add_task("", total=1.0)
            wait_loaded(sidecar, client, lambda done: progress.update(task, completed=done))

    def _write(self, text: str, style: str) -> None:
        self._console.print(Text(harmless(text), style), end="")
        sys.stdout.flush()


def harmless(text: str) -> str:
    """Return text without the control characters that could move a terminal's cursor."""
    return "".join(
        letter for letter in text if letter in "\n\t" or unicodedata.category(letter) != "Cc"
    )
