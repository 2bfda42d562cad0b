"""The functions that a reply may call, as a request's tools tell of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bridge.protocol import Json


@dataclass(frozen=True, slots=True)
class Function:
    """
    What the tool at one place of a request offers; `parameters` is a schema, {} where none is told.

    `held`: the arguments of its calls are held to the schema; else they are any object.
    """

    number: int
    name: str
    parameters: Mapping[str, Json]
    strict: bool = False
    held: bool = True

    @property
    def path(self) -> str:
        """The field of the request that has the parameters."""
        return f"tools[{self.number}].function.parameters"


def functions(tools: Iterable[Mapping[str, Json]], only: str | None = None) -> list[Function]:
    """Return what tools in OpenAI's form offer, of `only` this name if one is given."""
    found = [_function(number, tool["function"]) for number, tool in enumerate(tools)]
    return [each for each in found if only in (None, each.name)]


def _function(number: int, told: Json) -> Function:
    assert isinstance(told, Mapping)  # noqa: S101 - who sends it has looked
    parameters = told.get("parameters")
    schema = parameters if isinstance(parameters, Mapping) else {}
    return Function(number, str(told["name"]), schema, strict=bool(told.get("strict")))
