"""YAML with places: every mapping knows its lines, and a key given twice is a mistake."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NoReturn

import yaml

from tools.bridgegen.model import Json


class Mistake(Exception):  # noqa: N818 - a mistake of the YAML, not of the program
    """The YAML says what cannot be; the message begins with the place."""


class Table:
    """A mapping of the YAML. Errors name its file, the line and the path within."""

    def __init__(
        self, place: str, path: str, node: yaml.MappingNode, loader: yaml.SafeLoader
    ) -> None:
        self._place = place
        self._path = path
        self._loader = loader
        self._line = node.start_mark.line + 1
        self._nodes: dict[str, yaml.Node] = {}
        for key_node, value in node.value:
            key = loader.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                self.wrong(f"the key {key!r} is not a word; put it in quotes", key_node)
            if key in self._nodes:
                self.wrong(f"{key!r} is given twice", key_node)
            self._nodes[key] = value

    @property
    def name(self) -> str:
        """The key it stands at."""
        return self._path.rpartition(".")[2]

    def __contains__(self, key: str) -> bool:
        return key in self._nodes

    def __iter__(self) -> Iterator[str]:
        return iter(self._nodes)

    def allow(self, known: Collection[str]) -> None:
        """Refuse every key that is not among those known."""
        for key, node in self._nodes.items():
            if key not in known:
                self.wrong(f"unknown key {key!r}; known are {', '.join(sorted(known))}", node)

    def wrong(self, what: str, node: yaml.Node | None = None, key: str = "") -> NoReturn:
        """Raise a mistake at a key, a node or the table itself."""
        node = self._nodes.get(key, node)
        line = node.start_mark.line + 1 if node is not None else self._line
        path = f"{self._path}.{key}" if key and self._path else key or self._path
        raise Mistake(f"{self._place}:{line}: {path + ': ' if path else ''}{what}")

    def table(self, key: str, default: bool = False) -> Table:
        """Return the mapping at a key; an empty one if `default` and it is not there."""
        node = self._nodes.get(key)
        if node is None and default:
            node = yaml.MappingNode("tag:yaml.org,2002:map", [], self._mark(), self._mark())
        if not isinstance(node, yaml.MappingNode):
            self.wrong(f"{key!r} must be a mapping", key=key)
        path = f"{self._path}.{key}" if self._path else key
        return Table(self._place, path, node, self._loader)

    def value(self, key: str) -> Json:
        """Return what stands at a key as plain data, or None."""
        node = self._nodes.get(key)
        found: Json = None if node is None else self._loader.construct_object(node, deep=True)
        return found

    def text(self, key: str, default: str | None = None) -> str:
        """Return the text at a key, which must be there and not empty unless it has a default."""
        if key not in self._nodes and default is not None:
            return default
        value = self.value(key)
        if not isinstance(value, str) or not value.strip():
            self.wrong(f"{key!r} must be a text" if key in self else f"{key!r} is missing", key=key)
        return value.strip()

    def integer(self, key: str, default: int | None = None) -> int:
        """Return the whole number at a key."""
        if key not in self._nodes and default is not None:
            return default
        value = self.value(key)
        if not isinstance(value, int) or isinstance(value, bool):
            self.wrong(
                f"{key!r} must be a whole number" if key in self else f"{key!r} is missing", key=key
            )
        return value

    def flag(self, key: str) -> bool:
        """Return the yes or no at a key; no if it is not there."""
        value = self.value(key) if key in self else False
        if not isinstance(value, bool):
            self.wrong(f"{key!r} must be true or false", key=key)
        return value

    def _mark(self) -> yaml.Mark:
        return yaml.Mark(self._place, 0, self._line - 1, 0, None, 0)


def read_yaml(path: Path) -> Table:
    """Return the mapping that a YAML file is."""
    loader = yaml.SafeLoader(path.read_text(encoding="utf-8"))
    try:
        node = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise Mistake(f"{path.name}:{line}: {error.problem}") from None
    if not isinstance(node, yaml.MappingNode):
        raise Mistake(f"{path.name}:1: the file must be a mapping")
    return Table(path.name, "", node, loader)
