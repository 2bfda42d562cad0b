"""Commands whose `--help` is shown as the switch that it is, without `<bool>` beside it."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand, TyperGroup, TyperOption


class Command(TyperCommand):
    """One command."""

    def get_help_option(self, ctx: Any) -> TyperOption | None:
        """Return `--help`."""
        return _quiet(super().get_help_option(ctx))


class Commands(TyperGroup):
    """All of them."""

    def get_help_option(self, ctx: Any) -> TyperOption | None:
        """Return `--help`."""
        return _quiet(super().get_help_option(ctx))


def _quiet(option: TyperOption | None) -> TyperOption | None:
    if option:
        option.metavar = ""
    return option
