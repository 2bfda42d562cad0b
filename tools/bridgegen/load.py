"""Read `hearsay.yaml` into the model; whatever is wrong in it is a `Mistake` with its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from tools.bridgegen.model import (
    Constant,
    Enum,
    EnumValue,
    ErrorKind,
    Field,
    Model,
    Route,
    Struct,
    Tag,
)
from tools.bridgegen.source import Table, read_yaml
from tools.bridgegen.types import BOUND_KEYS, Names, read_types
from tools.bridgegen.values import check_value

_SECTIONS = (
    "protocol", "name", "constants", "limits", "errors", "enums", "structs",
    "client_messages", "server_messages", "routes",
)  # fmt: skip
_FIELD_KEYS = frozenset({"type", "default", "const", "absent", "since", "doc"}) | BOUND_KEYS
_STRUCT_KEYS = frozenset({"doc", "fields", "extends", "tag", "explicit", "since"})
_TYPE_NAME = re.compile(r"[A-Z][A-Za-z0-9]*")
_WORD = re.compile(r"[a-z][a-z0-9_]*")


def load(path: Path) -> Model:
    """Return the model of a YAML file; raises `Mistake`."""
    root = read_yaml(path)
    root.allow(_SECTIONS)
    return _Loader(root).model()


class _Loader:
    """Keeps what later parts refer to: names of types, limits, finished enums and structs."""

    def __init__(self, root: Table) -> None:
        self._root = root
        self._version = root.integer("protocol")
        self._names = _names(root)
        self._limits = _constants(root.table("limits", default=True), int)
        self._enums = {name: _enum(table) for name, table in _tables(root, "enums", _TYPE_NAME)}
        self._structs: dict[str, Struct] = {}

    def model(self) -> Model:
        root = self._root
        return Model(
            name=root.text("name"),
            version=self._version,
            constants=_constants(root.table("constants", default=True), str),
            limits=self._limits,
            errors=_errors(root),
            enums=tuple(self._enums.values()),
            structs=self._section("structs"),
            client_messages=self._section("client_messages"),
            server_messages=self._section("server_messages"),
            routes=tuple(_route(each, self._names) for _, each in _tables(root, "routes", _WORD)),
        )

    def _section(self, section: str) -> tuple[Struct, ...]:
        structs, tags = [], set()
        for name, table in _tables(self._root, section, _TYPE_NAME):
            struct = self._struct(name, table, message=section != "structs")
            if section != "structs" and struct.tag in tags:
                table.wrong("another message has this tag", key="tag")
            tags.add(struct.tag)
            structs.append(struct)
            self._structs[name] = struct
        return tuple(structs)

    def _struct(self, name: str, table: Table, message: bool) -> Struct:
        table.allow(_STRUCT_KEYS)
        fields = tuple(self._field(each) for _, each in _tables(table, "fields", _WORD))
        struct = Struct(
            name=name,
            doc=table.text("doc"),
            own=fields,
            base=self._base(table),
            tag=_tag(table, message),
            explicit=table.flag("explicit"),
            since=self._since(table),
        )
        _check_fields(struct, table)
        return struct

    def _base(self, table: Table) -> Struct | None:
        if "extends" not in table:
            return None
        base = self._structs.get(table.text("extends"))
        return base or table.wrong("no struct above has this name", key="extends")

    def _field(self, table: Table) -> Field:
        table.allow(_FIELD_KEYS)
        name, doc = table.name, table.text("doc")
        limits = {limit.name: int(limit.value) for limit in self._limits}
        types, nullable = read_types(table, self._names, limits)
        field = Field(name, doc, tuple(types), nullable, _optional(table), since=self._since(table))
        key = "const" if "const" in table else "default"
        if key not in table:
            return field
        value = table.value(key)
        if wrong := check_value(field, value, self._enums, self._structs):
            table.wrong(wrong, key=key)
        return Field(name, doc, field.types, nullable, field.optional, value, field.since)

    def _since(self, table: Table) -> int:
        since = table.integer("since", 1)
        if not 1 <= since <= self._version:
            table.wrong(f"the protocol is at version {self._version}", key="since")
        return since


def _names(root: Table) -> Names:
    names: dict[str, Literal["struct", "enum"]] = {}
    for section in ("enums", "structs", "client_messages", "server_messages"):
        table = root.table(section, default=True)
        for name in table:
            if name in names:
                table.wrong("another type has this name", key=name)
            names[name] = "enum" if section == "enums" else "struct"
    return names


def _tables(parent: Table, section: str, pattern: re.Pattern[str]) -> list[tuple[str, Table]]:
    table = parent.table(section, default=section != "fields")
    for name in table:
        if not pattern.fullmatch(name):
            table.wrong("this name has not the form that names have here", key=name)
    return [(name, table.table(name)) for name in table]


def _constants(table: Table, kind: type[int | str]) -> tuple[Constant, ...]:
    found = []
    for name in table:
        entry = table.table(name)
        entry.allow(("value", "doc"))
        value = entry.integer("value") if kind is int else entry.text("value")
        found.append(Constant(name, value, entry.text("doc")))
    return tuple(found)


def _errors(root: Table) -> tuple[ErrorKind, ...]:
    errors: dict[int, ErrorKind] = {}
    for name, table in _tables(root, "errors", _WORD):
        table.allow(("http", "c", "type", "http_code", "doc"))
        number, status = table.integer("c"), table.integer("http")
        if number >= 0 or number in errors:
            table.wrong("the number in C must be negative and its own", key="c")
        if not 400 <= status < 600:
            table.wrong("an error's status is between 400 and 599", key="http")
        code = table.text("http_code") if "http_code" in table else None
        errors[number] = ErrorKind(
            name, table.text("doc"), status, number, table.text("type"), code
        )
    return tuple(errors.values())


def _route(table: Table, names: Names) -> Route:
    if "ErrorBody" not in names:
        table.wrong("routes need a struct ErrorBody, which tells what went wrong")
    kinds = ("request", "response", "events")
    table.allow(("method", "path", *kinds, "public", "errors", "doc"))
    for kind in kinds:
        if kind in table and names.get(table.text(kind)) != "struct":
            table.wrong("no struct has this name", key=kind)
    request, response, events = (table.text(kind) if kind in table else None for kind in kinds)
    statuses = table.value("errors") or []
    if not isinstance(statuses, list):
        table.wrong("the errors are a list of statuses", key="errors")
    return Route(
        name=table.name,
        doc=table.text("doc"),
        method=table.text("method"),
        path=table.text("path"),
        request=request,
        response=response,
        events=events,
        public=table.flag("public"),
        errors=tuple(int(str(status)) for status in statuses),
    )


def _enum(table: Table) -> Enum:
    table.allow(("doc", "values"))
    words = table.table("values")
    values = tuple(EnumValue(word, words.text(word)) for word in words)
    for word in words:
        if not _WORD.fullmatch(word):
            words.wrong("this name has not the form that names have here", key=word)
    if not values:
        table.wrong("an enum needs a value", key="values")
    return Enum(table.name, table.text("doc"), values)


def _tag(table: Table, message: bool) -> Tag | None:
    if message:
        return Tag("type", table.text("tag"))
    if "tag" not in table:
        return None
    tag = table.table("tag")
    tag.allow(("field", "value"))
    return Tag(tag.text("field"), tag.text("value"))


def _optional(table: Table) -> Literal["required", "default", "const", "absent"]:
    if "const" in table and "default" in table:
        table.wrong("a constant has no default", key="default")
    if table.flag("absent"):
        return "absent" if "default" not in table else table.wrong("absent, with a default?")
    if "const" in table:
        return "const"
    return "default" if "default" in table else "required"


def _check_fields(struct: Struct, table: Table) -> None:
    fields: Table = table.table("fields")
    seen: Mapping[str, bool] = {each.name: True for each in (struct.base or struct).fields}
    for each in struct.own:
        if struct.base and each.name in seen:
            fields.wrong("the struct it extends has this field", key=each.name)
        if struct.tag and each.name == struct.tag.field:
            fields.wrong("this is the name of the tag", key=each.name)
        if each.optional == "const" and not struct.explicit:
            fields.wrong("a struct with a constant must be explicit", key=each.name)
