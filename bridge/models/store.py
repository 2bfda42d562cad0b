"""The model store: GGUF files below one folder, and the one model that comes with Hearsay."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from bridge.errors import ErrorCode, HearsayError
from bridge.models.gguf import Head, read_head
from bridge.models.names import check_name, is_name

DEFAULT_MODEL = "hearsay/tavern"
"""The id of the model that is part of the package."""

SUFFIX = ".gguf"
_PART = re.compile(r"(?P<stem>.+)-(?P<number>\d{5})-of-(?P<count>(?!0{5})\d{5})")


@dataclass(frozen=True)
class Model:
    """A model that can be loaded: its id without `in-memory::`, and its (first) file."""

    id: str
    path: Path

    def parts(self) -> list[Path]:
        """Return every file of the model; one, unless it was split."""
        split = _PART.fullmatch(self.path.stem)
        if split is None:
            return [self.path]
        count = int(split["count"])
        names = [
            f"{split['stem']}-{n:05}-of-{count:05}{self.path.suffix}" for n in range(1, count + 1)
        ]
        return [self.path.with_name(name) for name in names]

    def head(self) -> Head:
        """Read what the files say; raises HearsayError(MODEL_FAILED) when one is unusable."""
        heads = [read_head(part) for part in self.parts()]
        return Head(
            metadata=heads[0].metadata,
            parameters=sum(head.parameters for head in heads),
            tensors=sum(head.tensors for head in heads),
            size_bytes=sum(head.size_bytes for head in heads),
        )


def embedded_path() -> Path:
    """Return where the file of `hearsay/tavern` lies, whether it is there or not."""
    return Path(str(resources.files("bridge.models") / "data" / "tavern.gguf"))


class Store:
    """Finds models by id below a folder; nothing that a client says ever becomes a path."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def models(self) -> list[Model]:
        """Return the models that are there, the embedded one first, then by id."""
        found = {model.id: model for model in self._below()}
        if embedded_path().is_file():
            found.setdefault(DEFAULT_MODEL, Model(DEFAULT_MODEL, embedded_path()))
        return sorted(found.values(), key=lambda model: (model.id != DEFAULT_MODEL, model.id))

    def resolve(self, spec: str) -> Model:
        """
        Return the model that an operator named by its id or by the path of its file.

        Raises HearsayError when there is none; the file itself is checked by `Model.head`.
        """
        path = Path(spec).expanduser()
        if path.suffix.lower() == SUFFIX or path.is_file():
            return self._from_path(path)
        name = check_name(spec)
        for model in self.models():
            if model.id == name:
                return model
        raise HearsayError(ErrorCode.MODEL_NOT_FOUND, self._missing(name), "model")

    def _missing(self, name: str) -> str:
        if name == DEFAULT_MODEL:
            return (
                f"The embedded model is missing from this installation ({embedded_path()}); "
                "install Hearsay again, or name another with --model."
            )
        known = ", ".join(model.id for model in self.models()) or "none"
        return (
            f"There is no model {name!r} (known: {known}); put its GGUF file below "
            f"{self.folder}, or give the path of the file."
        )

    def _from_path(self, path: Path) -> Model:
        if not path.is_file():
            message = f"There is no model file at {path}; check the path."
            raise HearsayError(ErrorCode.MODEL_NOT_FOUND, message, "model")
        path = _first_part(path.absolute())  # A link keeps its own name.
        for model in self._below():
            if model.path == path:
                return model
        return Model(check_name(_id_of(path.stem)), path)

    def _below(self) -> list[Model]:
        root = self.folder.absolute()
        models = []
        for folder, folders, files in os.walk(root):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            paths = [Path(folder, name) for name in sorted(files)]
            models += [model for path in paths if (model := _listed(root, path))]
        return models


def _listed(root: Path, path: Path) -> Model | None:
    if path.suffix.lower() != SUFFIX or not path.resolve().is_relative_to(root.resolve()):
        return None  # A link that leads out of the store is no part of it.
    if _first_part(path) != path or path.stem.startswith("mmproj"):
        return None
    name = _id_of(path.relative_to(root).with_suffix("").as_posix())
    return Model(name, path) if is_name(name) else None


def _first_part(path: Path) -> Path:
    split = _PART.fullmatch(path.stem)
    return path if split is None else path.with_stem(f"{split['stem']}-00001-of-{split['count']}")


def _id_of(stem: str) -> str:
    split = _PART.fullmatch(stem)
    return split["stem"] if split else stem
