"""Run the scenes of `rivals` with the servers that each of them wants."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

from tools.bench import rivals
from tools.bench.figures import Figure
from tools.bench.peer import llama_server, llama_server_command
from tools.bench.places import console
from tools.bench.recital import log
from tools.bench.rivals import OURS, THEIRS, Targets
from tools.bench.servers import free_port, hearsay, peer
from tools.bench.shapes import Vocabulary
from tools.bench.source import llama_vocabulary

SLOTS = 8
CONTEXT = 8192
BATCH = 512


class Scene(StrEnum):
    """A scene by its name on the command line."""

    TAVERN = "tavern"
    UNRELATED = "unrelated"
    SPLIT = "split"
    ALONE = "alone"
    GAME = "game"
    SPINNER = "spinner"
    LONG = "long"
    REPETITION = "repetition"


@dataclass(frozen=True)
class House:
    """What all scenes are measured with; `reciter` makes the model that knows a log by heart."""

    model: Path
    reciter: Callable[[], Path]
    threads: int
    cores: int
    rounds: int

    @contextmanager
    def both(
        self, model: Path, *, pace: str = "balanced", unified: bool = True
    ) -> Iterator[Targets]:
        """Run both servers side by side; llama-server as it comes, but for its cache."""
        port = free_port()
        command = llama_server_command(
            llama_server(),
            model,
            port=port,
            slots=SLOTS,
            context=CONTEXT,
            batch=BATCH,
            threads=self.threads,
        )
        if not unified:
            command.remove("--kv-unified")
        options = ["--parallel", str(SLOTS), "--ctx", str(CONTEXT), "--threads", str(self.threads)]
        with ExitStack() as stack:
            theirs = stack.enter_context(peer(command, port, {}))
            ours = stack.enter_context(
                hearsay(model=model, options=[*options, "--pace", pace], environment={})
            )
            yield {OURS: ours.target, THEIRS: theirs.target}


def contest(house: House, scenes: list[Scene]) -> Iterator[Figure]:
    """Yield the figures of the scenes, one after another."""
    plays: Mapping[Scene, partial[Iterator[Figure]]] = {
        Scene.TAVERN: partial(rivals.play_tavern),
        Scene.UNRELATED: partial(rivals.play_unrelated, "8 unrelated"),
        Scene.SPLIT: partial(rivals.play_unrelated, "8 unrelated, its split cache"),
        Scene.ALONE: partial(rivals.play_alone),
        Scene.GAME: partial(rivals.play_beside_game, cores=house.cores),
        Scene.SPINNER: partial(rivals.play_beside_spinner),
        Scene.LONG: partial(rivals.play_long_prompt),
        Scene.REPETITION: partial(rivals.play_repetition, words=_log()),
    }
    for scene in scenes:
        console.print(f"{scene}: {plays[scene].func.__doc__}")
        pace = "full" if scene is Scene.ALONE else "balanced"
        model = house.reciter() if scene is Scene.REPETITION else house.model
        with house.both(model, pace=pace, unified=scene is not Scene.SPLIT) as targets:
            yield from plays[scene](targets=targets, rounds=house.rounds)


def _log() -> list[str]:
    return log(Vocabulary.read(llama_vocabulary()).tokens)
