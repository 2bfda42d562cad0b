"""Read a task's name, prepare what it needs, run it."""

from __future__ import annotations

import argparse
import sys

from tools.setup.choice import ACCELERATORS, choose
from tools.setup.failure import SetupFailed
from tools.setup.places import VENV
from tools.setup.prepare import prepare
from tools.setup.record import load
from tools.tasks import TASKS, Needs, Task


def run(arguments: list[str]) -> int:
    """Run one task with its arguments; what is unknown here goes on to the task's program."""
    parser = _parser()
    options, rest = parser.parse_known_args(arguments)
    task = TASKS[options.task]
    if rest and not task.takes_arguments:
        parser.error(f"{options.task} knows no {' '.join(rest)}")
    try:
        if task.needs is not Needs.NOTHING:
            _prepare(task, options)
        return task.run(rest)
    except SetupFailed as failure:
        print(f"\n{failure}", file=sys.stderr)
        return 1
    except OSError as error:
        where = f" {error.filename}" if error.filename else ""
        reason = f"{error.strerror or error}:{where}" if where else str(error)
        print(
            f"\n{reason}\nSee that this user may write there, or clone elsewhere.", file=sys.stderr
        )
        return 1
    except KeyboardInterrupt:
        return 130


def _prepare(task: Task, options: argparse.Namespace) -> None:
    choice = choose(options.accelerator, options.flags, options.wheel, load(VENV).choice)
    if prepare(choice, developer=task.needs is Needs.DEVELOPER) or options.task == "setup":
        print(f"Hearsay is ready in {VENV.name}", file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools",
        description="Set Hearsay up, run it, test it. Whatever a task needs is installed first.",
        allow_abbrev=False,
    )
    tasks = parser.add_subparsers(dest="task", metavar="TASK", required=True)
    for name, task in TASKS.items():
        entry = tasks.add_parser(name, help=task.help, description=task.help, allow_abbrev=False)
        if task.needs is not Needs.NOTHING:
            _add_choice(entry)
    return parser


def _add_choice(parser: argparse.ArgumentParser) -> None:
    # No `choices=` on the accelerator: the environment's word must be checked the same way.
    names = ", ".join(ACCELERATORS)
    parser.add_argument(
        "--accelerator", metavar="NAME", help=f"build llama.cpp for: {names}; it is remembered"
    )
    parser.add_argument("--flags", help='more flags for CMake: --flags="-DGGML_BLAS=ON"')
    parser.add_argument("--wheel", metavar="PATH", help="install this llama-cpp-python instead")
