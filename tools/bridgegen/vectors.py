"""
Test vectors: documents of every message, right and wrong, made from the model.

A case is a text as it would cross the wire; its name begins with the verdict. `param` is the field
that a reader blames, `beyond_schema` marks what JSON Schema cannot tell. A valid document has the
right shape; what it asks for may still be refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tools.bridgegen.languages import snake
from tools.bridgegen.model import Field, Json, Model, Struct
from tools.bridgegen.raw import raw_cases
from tools.bridgegen.samples import bad, good, minimal, sample, wrong_kinds

Wrap = Callable[[Json], Json]


@dataclass(frozen=True)
class Place:
    """Where in a document a struct stands: how to put it there, and its path."""

    wrap: Wrap
    path: str
    label: str
    above: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether the struct is the document itself."""
        return not self.path


def vectors(model: Model) -> dict[str, str]:
    """Return the text of every file of vectors, by its path below the folder of vectors."""
    files = {
        f"{side}/{_word(struct)}.json": _file(model, struct, side)
        for side, structs in (("client", model.client_messages), ("server", model.server_messages))
        for struct in structs
    }
    for route in model.routes:
        for name in (route.request, route.response, route.events):
            if name is not None:
                files[f"http/{snake(name)}.json"] = _file(model, model.struct(name), "http")
    if model.client_messages:
        files["client/frame.json"] = _text("ClientMessage", "client", raw_cases(model))
    return files


def _word(struct: Struct) -> str:
    return struct.tag.value if struct.tag else snake(struct.name)


def _file(model: Model, struct: Struct, side: str) -> str:
    place = Place(lambda document: document, "", "", ())
    base = minimal(model, struct)
    cases = [
        _case("valid.minimal", base),
        _case("valid.unknown_field", {**base, "mumble": [1]}),
        *_cases(model, struct, place),
    ]
    return _text(struct.name, side, cases)


def _text(name: str, side: str, cases: list[dict[str, Json]]) -> str:
    lines = ",\n".join("  " + json.dumps(case, ensure_ascii=False) for case in cases)
    head = f'"type": {json.dumps(name)}, "from": {json.dumps(side)}'
    return f'{{{head}, "cases": [\n{lines}\n]}}\n'


def _case(name: str, document: Json, param: str | None = None) -> dict[str, Json]:
    text = json.dumps(document, ensure_ascii=False)
    return {"name": name, **({"param": param} if param else {}), "text": text}


def _cases(model: Model, struct: Struct, place: Place) -> Iterator[dict[str, Json]]:
    base = minimal(model, struct)
    for field in struct.fields:
        path = f"{place.path}.{field.name}" if place.path else field.name
        label = f"{place.label}{field.name}"

        def put(value: Json, name: str = field.name) -> Json:
            return place.wrap({**base, name: value})

        if field.required:
            rest = {name: value for name, value in base.items() if name != field.name}
            yield _case(f"invalid.{label}_is_missing", place.wrap(rest), path)
        yield from _field_cases(model, field, put, path, label)
        yield from _nulls(model, struct, field, put, place)
        yield from _inner(model, field, Place(put, path, label, (*place.above, struct.name)))


def _field_cases(
    model: Model, field: Field, put: Wrap, path: str, label: str
) -> Iterator[dict[str, Json]]:
    if field.constant:
        if field.types:
            yield _case(f"valid.{label}_is_given", put(field.default))
            yield _case(f"invalid.{label}_is_another", put("mumble"), path)
        return
    for each in field.types:
        kind = f"_as_{each.kind}" if len(field.types) > 1 else ""
        for name, value in good(model, each):
            yield _case(f"valid.{label}{kind}_{name}", put(value))
        for name, value in bad(model, each):
            yield _case(f"invalid.{label}{kind}_{name}", put(value), path)
    for name, value in wrong_kinds(field):
        yield _case(f"invalid.{label}_{name}", put(value), path)


def _nulls(
    model: Model, struct: Struct, field: Field, put: Wrap, place: Place
) -> Iterator[dict[str, Json]]:
    path = f"{place.path}.{field.name}" if place.path else field.name
    label = f"{place.label}{field.name}"
    if place.whole and field.required and field.nullable:
        return  # as good as missing to some readers, a value to others
    if field.nullable or (place.whole and model.takes_nulls(struct) and not field.required):
        yield _case(f"valid.{label}_is_null", put(None))
    elif not place.whole and not model.takes_nulls(struct) and not _takes_any(field):
        yield _case(f"invalid.{label}_is_null", put(None), path)


def _takes_any(field: Field) -> bool:
    return any(each.kind == "json" for each in field.types)


def _inner(model: Model, field: Field, place: Place) -> Iterator[dict[str, Json]]:
    for each in field.types:
        if each.kind == "struct" and each.name not in place.above:
            inner = Place(place.wrap, place.path, f"{place.label}.", place.above)
            yield from _cases(model, model.struct(each.name), inner)
        for item in each.item:
            many = Place(
                (lambda value: place.wrap([value]))
                if each.kind == "list"
                else (lambda value: place.wrap({"1": value})),
                f"{place.path}[0]" if each.kind == "list" else f"{place.path}[...]",
                f"{place.label}.item",
                place.above,
            )
            yield from _items(model, item.kind, Field("", "", (item,)), many)


def _items(model: Model, kind: str, item: Field, place: Place) -> Iterator[dict[str, Json]]:
    each = item.types[0]
    if kind == "struct":
        if each.name not in place.above:
            inner = Place(place.wrap, place.path, f"{place.label}.", place.above)
            yield from _cases(model, model.struct(each.name), inner)
        return
    for name, value in bad(model, each):
        yield _case(f"invalid.{place.label}_{name}", place.wrap(value), place.path)
    for name, value in wrong_kinds(item):
        yield _case(f"invalid.{place.label}_{name}", place.wrap(value), place.path)
    if kind != "json":
        yield _case(f"valid.{place.label}_is_given", place.wrap(sample(model, each)))
