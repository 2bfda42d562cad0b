"""What crosses the wire, as typed values: the YAML read and checked, ready for the templates."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Json = bool | int | float | str | list["Json"] | dict[str, "Json"] | None
"""A value that JSON can write."""

SCALARS = ("string", "integer", "number", "boolean", "json")


@dataclass(frozen=True)
class Bounds:
    """The limits of one value; `above` and `below` are limits without the number itself."""

    min: float | None = None
    max: float | None = None
    above: float | None = None
    below: float | None = None
    min_length: float | None = None
    max_length: float | None = None

    @property
    def given(self) -> dict[str, float]:
        """The limits there are, by name."""
        return {name: value for name, value in vars(self).items() if value is not None}


@dataclass(frozen=True)
class Type:
    """
    One way a value may look.

    `kind` is a scalar's name, `struct`, `enum`, `list` or `map`; `name` is that of the struct or
    enum; `item` is what a list or a map holds, any one of these types.
    """

    kind: str
    name: str = ""
    item: tuple[Type, ...] = ()
    bounds: Bounds = Bounds()

    @property
    def structs(self) -> tuple[str, ...]:
        """The structs that a value holds, by name."""
        own = (self.name,) if self.kind == "struct" else ()
        return own + tuple(name for each in self.item for name in each.structs)


@dataclass(frozen=True)
class Field:
    """
    One field of a struct.

    `types` are the ways its value may look, null aside. `optional` says where the value comes
    from when the field is not given: `default`, which it then has, or `absent`, nowhere. A
    `const` field always has its default.
    """

    name: str
    doc: str
    types: tuple[Type, ...]
    nullable: bool = False
    optional: Literal["required", "default", "const", "absent"] = "required"
    default: Json = None
    since: int = 1

    @property
    def required(self) -> bool:
        """Whether a reader refuses a document without it."""
        return self.optional == "required"

    @property
    def constant(self) -> bool:
        """Whether its value, where there is one, is always the same."""
        return self.optional == "const" or (self.optional == "absent" and self.default is not None)


@dataclass(frozen=True)
class Tag:
    """The field, and its value, by which a struct is told from others."""

    field: str
    value: str


@dataclass(frozen=True)
class Struct:
    """
    A JSON object. `own` are its fields without those of `base`.

    An `explicit` one is written with all its fields, others without those at their default.
    """

    name: str
    doc: str
    own: tuple[Field, ...]
    base: Struct | None = None
    tag: Tag | None = None
    explicit: bool = False
    since: int = 1

    @property
    def fields(self) -> tuple[Field, ...]:
        """All its fields, those of its base first."""
        return (self.base.fields if self.base else ()) + self.own

    @property
    def by_keyword(self) -> bool:
        """Whether a required field follows one that has a value already."""
        seen = False
        for each in self.fields:
            if each.required and seen:
                return True
            seen = seen or not each.required
        return False


@dataclass(frozen=True)
class EnumValue:
    """One word of an enum."""

    value: str
    doc: str


@dataclass(frozen=True)
class Enum:
    """A closed list of words."""

    name: str
    doc: str
    values: tuple[EnumValue, ...]


@dataclass(frozen=True)
class Constant:
    """A number or text that both sides must agree on."""

    name: str
    value: int | str
    doc: str


@dataclass(frozen=True)
class ErrorKind:
    """
    One thing that can go wrong.

    `http` is its status, `c` its number in C, `type` and `http_code` are OpenAI's words for it.
    """

    name: str
    doc: str
    http: int
    c: int
    type: str
    http_code: str | None


@dataclass(frozen=True)
class Route:
    """
    A door of the HTTP server.

    `request`, `response` and `events` (of a stream) name structs; without a response it answers
    plain text. `public` needs no token; `errors` are the statuses it may fail with.
    """

    name: str
    doc: str
    method: str
    path: str
    request: str | None
    response: str | None
    events: str | None
    public: bool
    errors: tuple[int, ...]


@dataclass(frozen=True)
class Model:
    """All of a protocol."""

    name: str
    version: int
    constants: tuple[Constant, ...]
    limits: tuple[Constant, ...]
    errors: tuple[ErrorKind, ...]
    enums: tuple[Enum, ...]
    structs: tuple[Struct, ...]
    client_messages: tuple[Struct, ...]
    server_messages: tuple[Struct, ...]
    routes: tuple[Route, ...]
    _by_name: dict[str, Struct] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        every = (*self.structs, *self.client_messages, *self.server_messages)
        self._by_name.update({struct.name: struct for struct in every})

    def struct(self, name: str) -> Struct:
        """Return a struct or message by its name."""
        return self._by_name[name]

    @property
    def messages(self) -> tuple[Struct, ...]:
        """The messages of both sides."""
        return self.client_messages + self.server_messages

    @property
    def by_dependency(self) -> tuple[Struct, ...]:
        """Structs and messages, each after those that it holds: some languages read once."""
        found: dict[str, Struct] = {}
        for struct in (*self.structs, *self.messages):
            self._add_held_first(struct, found, ())
        return tuple(found.values())

    def _add_held_first(
        self, struct: Struct, found: dict[str, Struct], above: tuple[str, ...]
    ) -> None:
        types = (each for its in struct.fields for each in its.types)
        for name in (name for each in types for name in each.structs):
            if name not in found and name not in above:
                self._add_held_first(self._by_name[name], found, (*above, struct.name))
        found[struct.name] = struct

    def takes_nulls(self, struct: Struct) -> bool:
        """Whether a null in it means that an optional field was not given: in whole documents."""
        asked: Struct | None
        for route in self.routes:
            asked = self._by_name[route.request] if route.request else None
            while asked:  # What a body extends is read as the body is, wherever it stands.
                if asked is struct:
                    return True
                asked = asked.base
        return struct in self.messages

    def enum(self, name: str) -> Enum:
        """Return an enum by its name."""
        return next(each for each in self.enums if each.name == name)
