"""What `hearsay doctor` looks at; each check is one function."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata
from pathlib import Path

import psutil

from bridge import __version__
from bridge.cli.machine import features, is_x86, notable, processor
from bridge.config import Settings, user_config_file, user_log_folder
from bridge.errors import HearsayError
from bridge.gateway.owner import describe_owner
from bridge.models.store import DEFAULT_MODEL, Model, Store
from bridge.worker.cores import available_cores

LITTLE_MEMORY = 1 << 30
"""Bytes that should be left for a model, its context and the game."""


class Status(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Check:
    """One line of the doctor's; `cure` says what to do unless all is well."""

    name: str
    status: Status
    found: str
    cure: str | None = None


def quick_checks(settings: Settings, config: Path | None, model: Model) -> list[Check]:
    """Return everything that needs no model to be loaded."""
    looks: list[Callable[[], Check]] = [
        installation,
        cpu,
        memory,
        lambda: configuration(config),
        log_folder,
        lambda: model_file(model),
        lambda: model_folder(settings.models_dir),
        lambda: port(settings.port),
    ]
    return [look() for look in looks]


def installation() -> Check:
    """Hearsay, Python and the system, and which llama.cpp is installed."""
    found = f"Hearsay {__version__}, Python {platform.python_version()}, {platform.platform()}"
    try:
        found += f", llama-cpp-python {metadata.version('llama-cpp-python')}"
    except metadata.PackageNotFoundError:
        cure = "Install llama-cpp-python as the README says."
        return Check("installation", Status.FAIL, found + ", no llama-cpp-python", cure)
    return Check("installation", Status.OK, found)


def cpu() -> Check:
    """The processor, its vector instructions, and how many cores are ours."""
    known = features()
    cores = f"{available_cores()} of {psutil.cpu_count(logical=False) or '?'} cores are ours"
    names = ", ".join(notable(known)) if known else "instructions unknown"
    found = f"{processor()}; {names}; {cores}"
    if is_x86() and known and "avx2" not in known:
        cure = "Build llama.cpp for this machine, as the README says: the usual build needs AVX2."
        return Check("cpu", Status.FAIL, found, cure)
    return Check("cpu", Status.OK, found)


def memory() -> Check:
    """How much memory is free."""
    state = psutil.virtual_memory()
    found = f"{state.available / 2**30:.1f} of {state.total / 2**30:.1f} GiB free"
    if state.available < LITTLE_MEMORY:
        return Check("memory", Status.WARN, found, "Close other programs, or use a smaller model.")
    return Check("memory", Status.OK, found)


def configuration(config: Path | None) -> Check:
    """Which config file is read; one that is wrong ended the command before this."""
    file = config or user_config_file()
    return Check("config", Status.OK, f"{file}{'' if file.exists() else ' (not there)'}")


def log_folder() -> Check:
    """Where a sidecar logs, and whether it can."""
    folder = user_log_folder()
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if there.is_dir() and os.access(there, os.W_OK):
        return Check("logs", Status.OK, str(folder))
    cure = f"Let {there} be written to, or set log_file."
    return Check("logs", Status.FAIL, f"{folder} cannot be written to", cure)


def model_folder(folder: Path) -> Check:
    """Where GGUF files can be named without their path, and how many there are."""
    store = Store(folder)
    count = sum(model.id != DEFAULT_MODEL for model in store.models())
    files = f"{count or 'no'} GGUF file{'s' if count > 1 else ''}{'' if count else ' yet'}"
    return Check("models", Status.OK, f"{store.folder} ({files})")


def model_file(model: Model) -> Check:
    """Whether the embedded model's file is whole."""
    try:
        head = model.head()
    except HearsayError as error:
        return Check("model", Status.FAIL, error.message, "Install Hearsay again.")
    found = f"{model.id}, {head.size_bytes / 2**20:.1f} MiB, {model.path}"
    return Check("model", Status.OK, found)


def port(number: int) -> Check:
    """Whether the port of `hearsay serve` is free, or who has it."""
    owner = describe_owner(number)
    if owner is None:
        return Check("port", Status.OK, f"{number} is free")
    cure = f"Stop it, or start Hearsay with --port {number + 1}. Sidecars take a free port anyway."
    return Check("port", Status.WARN, f"{number} is in use by {owner}", cure)


def terminal_mark(status: Status) -> str:
    """Return the colour of a status."""
    return {Status.OK: "green", Status.WARN: "yellow", Status.FAIL: "red"}[status]


def exit_code(checks: list[Check]) -> int:
    """Return 1 when something fails."""
    return int(any(check.status is Status.FAIL for check in checks))
