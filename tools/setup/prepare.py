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
    from tools.setup.identity import Identity
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
    moved = before.place not in ("", wanted.place)
    if moved or wanted.llama != before.llama:
        _look_ahead(choice)
    environment.make_environment(moved=moved)
    wanted = replace(wanted, python=environment.interpreter(VENV))
    # What is found after an interruption is what was finished before it; what is being replaced
    # is not there any more, however that ends.
    done = record.load(VENV)
    if done.choice is None:  # What a person chose outlives an environment that is made anew.
        done = _note(replace(done, choice=before.choice or choice))
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


def _look_ahead(choice: Choice) -> None:
    """Raise SetupFailed for what llama.cpp will lack, before minutes are spent."""
    if choice.wheel:
        if not Path(choice.wheel).is_file():
            raise SetupFailed(f"There is no wheel at {choice.wheel}.")
    elif llama.cached_wheel(_identity(choice)) is None:
        choice.check_toolkit()


def _identity(choice: Choice) -> Identity:
    return identify(read_source(), choice.flags, compiler_version())


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
        return _identity(choice).name
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
    _look_ahead(choice)
    if choice.wheel:
        return Path(choice.wheel)
    identity = _identity(choice)
    return llama.cached_wheel(identity) or llama.build_wheel(identity)


def _note(state: Record) -> Record:
    record.save(VENV, state)
    return state
