"""Bring the virtual environment to what is wanted, doing only what is not done yet."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tools.setup import environment, llama, record
from tools.setup.compiler import compiler_version
from tools.setup.failure import SetupFailed
from tools.setup.identity import identify, read_source
from tools.setup.places import VENV

if TYPE_CHECKING:
    from tools.setup.choice import Choice
    from tools.setup.record import Record


def prepare(choice: Choice, *, developer: bool) -> bool:
    """
    Make .venv hold the locked packages, Hearsay and llama.cpp as chosen.

    A developer's packages stay once they are there. Returns whether anything had to be done;
    raises SetupFailed.
    """
    choice.check()
    before = record.load(VENV)
    wanted = _wanted(choice, before, developer=developer or before.developer)
    if wanted == before:
        return False
    if wanted.llama != before.llama and not choice.wheel:
        choice.check_toolkit()  # Before minutes are spent.
    environment.make_environment(moved=before.place not in ("", wanted.place))
    wanted = replace(wanted, python=environment.interpreter(VENV))
    # What is found after an interruption is what was finished before it; what is being replaced
    # is not there any more, however that ends.
    done = record.load(VENV)
    if done.packages != wanted.packages:
        done = _note(replace(done, packages=""))
        environment.install_packages(developer=wanted.developer)
        done = _note(replace(done, packages=wanted.packages, developer=wanted.developer))
    if done.project != wanted.project:
        done = _note(replace(done, project=""))
        environment.install_project()
        done = _note(replace(done, project=wanted.project))
    if done.llama != wanted.llama:
        _note(replace(done, llama=""))
        environment.install_wheel(wheel(choice))
    _note(wanted)
    return True


def _wanted(choice: Choice, before: Record, *, developer: bool) -> Record:
    return record.Record(
        packages=environment.packages_digest(developer=developer),
        project=environment.project_digest(),
        llama=_llama_name(choice, before),
        developer=developer,
        choice=choice,
        place=str(VENV),
        # An upgrade of the machine's can leave an environment without one, or with another.
        python=environment.interpreter(VENV),
    )


def _llama_name(choice: Choice, before: Record) -> str:
    if not choice.wheel:
        return identify(read_source(), choice.flags, compiler_version()).name
    if not Path(choice.wheel).is_file():
        if choice == before.choice:
            return before.llama  # installed from a file that has gone since
        raise SetupFailed(f"There is no wheel at {choice.wheel}.")
    return f"wheel-{hashlib.sha256(Path(choice.wheel).read_bytes()).hexdigest()}"


def wheel(choice: Choice) -> Path:
    """
    Return the wheel of llama.cpp that was chosen, built if it is not there yet.

    Raises SetupFailed, also for one from elsewhere that has gone since it was installed.
    """
    if choice.wheel:
        if not Path(choice.wheel).is_file():
            raise SetupFailed(f"There is no wheel at {choice.wheel}.")
        return Path(choice.wheel)
    identity = identify(read_source(), choice.flags, compiler_version())
    return llama.cached_wheel(identity) or llama.build_wheel(identity)


def _note(state: Record) -> Record:
    record.save(VENV, state)
    return state
