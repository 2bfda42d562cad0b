"""Commands that help people with screens, and programs with a sentence."""

from __future__ import annotations

from typing import Any, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

FOR_PROGRAMS = "--sidecar"
"""Whoever says this is a program, to which a screen about the usage is of no use."""

UsageError: Any = typer.BadParameter.__base__
"""What every wrong use is; of these typer names only some."""


class Command(TyperCommand):
    """One command; its `--help` is shown as the switch that it is, without `<bool>` beside it."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments; a program is told what is wrong in one sentence."""
        given = list(args)
        try:
            return super().parse_args(ctx, args)
        except UsageError as error:
            if FOR_PROGRAMS not in given:
                raise
            _fail(error.format_message())

    def get_help_option(self, ctx: Any) -> TyperOption | None:
        """Return `--help`."""
        return _quiet(super().get_help_option(ctx))


class Commands(TyperGroup):
    """All of them."""

    def get_help_option(self, ctx: Any) -> TyperOption | None:
        """Return `--help`."""
        return _quiet(super().get_help_option(ctx))


def _fail(message: str) -> NoReturn:
    from bridge.cli.failure import told  # Only now: `--help` is to come at once.
    from bridge.config import ConfigError

    with told():
        raise ConfigError(message)


def _quiet(option: TyperOption | None) -> TyperOption | None:
    if option:
        option.metavar = ""
    return option
