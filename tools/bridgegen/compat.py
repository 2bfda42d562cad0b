"""
What a change of the protocol may break, against the last release.

A release leaves a copy of the YAML in `protocol/released/VERSION.yaml`. As long as the version is
the same, whoever was built then must still be understood: nothing goes away, nothing that was
right becomes wrong, nothing that may be told has a form that was unknown. With a version step
everything may change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from tools.bridgegen.load import load
from tools.bridgegen.model import Bounds, Field, Model, Struct, Type
from tools.bridgegen.reach import reachable

_UPPER = ("max", "below", "max_length")


def check_released(model: Model, folder: Path) -> tuple[list[str], str]:
    """Return what the model breaks of the last release, and a text for a person."""
    versions = sorted(int(path.stem) for path in folder.glob("*.yaml") if path.stem.isdecimal())
    if not versions:
        return [], "No release yet: the protocol may still change freely"
    last = load(folder / f"{versions[-1]}.yaml")
    if model.version > last.version:
        return [], f"Version {model.version} follows {last.version} and may differ from it"
    breaks = list(compare(last, model))
    if model.version < last.version:
        breaks.insert(0, f"the version went back from {last.version} to {model.version}")
    head = f"Against the release of version {last.version}: "
    if not breaks:
        return [], head + "nothing breaks"
    advice = "Keep what was released, or step `protocol:` to the next version"
    return breaks, "\n".join([head + "this breaks:", *(f"  {each}" for each in breaks), advice])


def compare(old: Model, new: Model) -> Iterator[str]:
    """Yield every break between two models of one version, each in a sentence."""
    yield from _gone("error", (each.name for each in old.errors), (e.name for e in new.errors))
    yield from _numbers(old, new)
    yield from _gone("constant", _constants(old), _constants(new))
    yield from _enums(old, new)
    yield from _routes(old, new)
    for side in ("client_messages", "server_messages", "structs"):
        before: tuple[Struct, ...] = getattr(old, side)
        after = {each.name: each for each in getattr(new, side)}
        for struct in before:
            if struct.name not in after:
                yield f"{struct.name} is gone"
            else:
                yield from _structs(struct, after[struct.name], _Reach(new))


class _Reach:
    """Which structs clients tell, and which they read: each direction breaks in its own way."""

    def __init__(self, model: Model) -> None:
        asked = [each.request for each in model.routes if each.request]
        told = [n for each in model.routes for n in (each.response, each.events) if n]
        self.to_sidecar = reachable(model, [*_named(model.client_messages), *asked])
        self.to_client = reachable(model, [*_named(model.server_messages), *told, "ErrorBody"])


def _named(structs: Iterable[Struct]) -> list[str]:
    return [each.name for each in structs]


def _gone(what: str, before: Iterable[str], after: Iterable[str]) -> Iterator[str]:
    still = set(after)
    yield from (f"the {what} {name} is gone" for name in before if name not in still)


def _numbers(old: Model, new: Model) -> Iterator[str]:
    now = {each.name: each for each in new.errors}
    for each in old.errors:
        if each.name in now and (each.c, each.http) != (now[each.name].c, now[each.name].http):
            yield f"the error {each.name} has other numbers"


def _constants(model: Model) -> list[str]:
    return [f"{each.name} = {each.value!r}" for each in model.constants]


def _enums(old: Model, new: Model) -> Iterator[str]:
    now = {each.name: each for each in new.enums}
    told = _Reach(new).to_client
    for enum in old.enums:
        if enum.name not in now:
            yield f"{enum.name} is gone"
            continue
        before, after = ([w.value for w in each.values] for each in (enum, now[enum.name]))
        yield from _gone(f"word of {enum.name}", before, after)
        if enum.name in told and (added := [word for word in after if word not in before]):
            yield f"{enum.name} is told to clients that do not know {', '.join(added)}"


def _routes(old: Model, new: Model) -> Iterator[str]:
    now = {each.name: each for each in new.routes}
    for each in old.routes:
        after = now.get(each.name)
        if after is None:
            yield f"the route {each.name} is gone"
        elif (each.method, each.path, each.request, each.response, each.events) != (
            after.method, after.path, after.request, after.response, after.events,
        ):  # fmt: skip
            yield f"the route {each.name} is another"


def _structs(old: Struct, new: Struct, reach: _Reach) -> Iterator[str]:
    if old.tag != new.tag:
        yield f"{old.name} has another tag"
    before = {each.name: each for each in old.fields}
    after = {each.name: each for each in new.fields}
    for name, field in before.items():
        if name not in after:
            yield f"{old.name}.{name} is gone"
        else:
            yield from _fields(f"{old.name}.{name}", field, after[name], old.name, reach)
    for name, field in after.items():
        if name not in before and field.required and old.name in reach.to_sidecar:
            yield f"{old.name}.{name} is new and required: older clients do not send it"


def _fields(where: str, old: Field, new: Field, struct: str, reach: _Reach) -> Iterator[str]:
    asked, told = struct in reach.to_sidecar, struct in reach.to_client
    if [_shape(each) for each in old.types] != [_shape(each) for each in new.types]:
        yield f"{where} has another type"
        return
    if asked and new.required and not old.required:
        yield f"{where} has become required: older clients may leave it out"
    if told and old.required and not new.required:
        yield f"{where} has become optional: older clients rely on it"
    if (asked and old.nullable and not new.nullable) or (
        told and new.nullable and not old.nullable
    ):
        yield f"{where} has another opinion of null"
    if old.optional in ("default", "const") and old.default != new.default:
        yield f"{where} has another default: whoever leaves it out means the old one"
    if asked:
        pairs = zip(old.types, new.types, strict=True)
        yield from (f"{where} {what}" for a, b in pairs for what in _narrowed(a, b))


def _shape(each: Type) -> tuple[object, ...]:
    return (each.kind, each.name, tuple(_shape(item) for item in each.item))


def _narrowed(old: Type, new: Type) -> Iterator[str]:
    for name in vars(Bounds()):
        before, after = getattr(old.bounds, name), getattr(new.bounds, name)
        tighter = before is None or (after or 0) < before
        if name not in _UPPER:
            tighter = before is None or (after or 0) > before
        if after is not None and tighter:
            yield f"has a narrower {name}: {before if before is not None else 'none'} to {after}"
    for a, b in zip(old.item, new.item, strict=True):
        yield from _narrowed(a, b)
