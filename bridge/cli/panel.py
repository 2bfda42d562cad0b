"""What `hearsay serve` shows on a terminal: where it listens, and how far the models are."""

from __future__ import annotations

import json
import sys

import rich.panel
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from bridge import __version__
from bridge.gateway.screen import ModelState, Opened, ProgressLog
from bridge.protocol import MODEL_PREFIX

BAR_WIDTH = 24
COLOURS = {"ready": "green", "failed": "red", "loading": "yellow"}


class Panel:
    """A panel that stands still once every model is loaded; the log goes on below it."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = ProgressLog()
        self._opened: Opened | None = None
        self._models: list[ModelState] = []
        self._live: Live | None = None

    def opened(self, opened: Opened) -> None:
        """Show the panel."""
        self._opened = opened
        self._live = Live(console=self._console, auto_refresh=False)
        self._live.start()
        self._refresh()

    def changed(self, models: list[ModelState]) -> None:
        """Draw the models anew; changes after all were loaded go to the log."""
        if self._live is None or (self._opened and self._opened.log_file):
            self._progress.changed(models)
        before, self._models = [_how_far(one) for one in self._models], models
        if before != [_how_far(one) for one in models]:
            self._refresh()

    def closed(self) -> None:
        """Leave the panel as it is."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _refresh(self) -> None:
        if self._live is None or self._opened is None:
            return
        self._live.update(draw(self._opened, self._models), refresh=True)
        if self._models and all(one.state in {"ready", "failed"} for one in self._models):
            self.closed()
            if any(one.state == "ready" for one in self._models):
                self._console.print(Text(curl(self._opened)), soft_wrap=True, highlight=False)


def draw(opened: Opened, models: list[ModelState]) -> rich.panel.Panel:
    """Return the panel."""
    table = Table.grid(padding=(0, 2))
    for model in models:
        colour = COLOURS.get(model.state, "white")
        table.add_row(Text(model.id, "bold"), Text(_how_far(model), colour))
    token = f"token in {opened.token_file}" if opened.token_file else "no token needed"
    head = Text.assemble((opened.url, "bold cyan"), f"  ({token})")
    for endpoint in opened.zeromq:
        head.append(f"\n{endpoint}", "cyan")
    if opened.zeromq_key:
        head.append(f"  (key {opened.zeromq_key})")
    return rich.panel.Panel(
        Group(head, table),
        title=f"Hearsay {__version__}",
        title_align="left",
        subtitle="Ctrl-C ends it",
        subtitle_align="right",
        expand=False,
    )


def curl(opened: Opened, *, windows: bool = sys.platform == "win32") -> str:
    """Return a command that can be copied and brings a first reply; on Windows, into cmd."""
    body = {
        "model": MODEL_PREFIX + opened.models[0],
        "messages": [{"role": "user", "content": "Hello!"}],
    }
    said = json.dumps(body)
    token = "TOKEN" if windows else f"$(cat {opened.token_file})"
    key = f' -H "Authorization: Bearer {token}"' if opened.token_file else ""
    quoted = '"' + said.replace('"', '\\"') + '"' if windows else f"'{said}'"
    return (
        f"curl {opened.url}/v1/chat/completions{key} "
        f'-H "Content-Type: application/json" -d {quoted}'
    )


def _how_far(model: ModelState) -> str:
    match model.state:
        case "ready":
            return f"ready  {model.description}"
        case "failed":
            return model.failure or "failed"
        case _:
            done = round(model.progress * BAR_WIDTH)
            return f"{'━' * done}{'╌' * (BAR_WIDTH - done)}"
