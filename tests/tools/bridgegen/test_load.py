"""The protocol is read from YAML, and a mistake is told with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.bridgegen.places import TAVERN, changed, model_of
from tools.bridgegen.model import Bounds, Type
from tools.bridgegen.source import Mistake

AGE = 'age: {type: "integer | null", default: null, min: 16, max: 200, doc: "In years."}'


def test_types_carry_their_bounds(tmp_path: Path) -> None:
    order = model_of(TAVERN, tmp_path).struct("Order")
    fields = {field.name: field for field in order.fields}
    assert fields["wish"].types == (
        Type("string", bounds=Bounds(max_length=8)),
        Type("list", item=(Type("struct", "Note"),), bounds=Bounds(max_length=2)),
    )
    assert fields["wish"].nullable
    assert fields["rounds"].types == (Type("integer", bounds=Bounds(min=1, max=3)),)
    assert fields["prices"].types[0].item == (Type("number", bounds=Bounds(above=0)),)
    assert fields["tags"].types[0].item == (Type("map", item=(Type("json"),)),)


def test_a_struct_has_the_fields_of_its_base_first(tmp_path: Path) -> None:
    booth = model_of(TAVERN, tmp_path).struct("Booth")
    names = [field.name for field in booth.fields]
    assert names == ["round", "wobble", "scratches", "number", "guests"]
    assert booth.by_keyword


def test_what_a_struct_holds_comes_before_it(tmp_path: Path) -> None:
    later = changed(
        (
            "    fields:\n      name: {",
            "    fields:\n      note: {type: Note, doc: N.}\n      name: {",
        )
    )
    structs = [struct.name for struct in model_of(later, tmp_path).by_dependency]
    assert structs == ["Note", "Guest", "Table", "Booth", "Bill", "ErrorBody", "Order", "Poured"]


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        (AGE, AGE.replace("integer", "flot"), "structs.Guest.fields.age.type: unknown type 'flot'"),
        (AGE, AGE.replace("integer", "list<integer"), "'>' is missing"),
        (AGE, AGE.replace("integer", "integer integer"), "goes on after its end"),
        (AGE, AGE.replace("integer", "integer?"), "is no type"),
        (AGE, AGE.replace("integer", "integer | number"), "cannot be told apart"),
        (AGE, AGE.replace("integer", "string | Drink"), "cannot be told apart"),
        (AGE, AGE.replace("integer", "list<string | null>"), "items of a list cannot be null"),
        (AGE, AGE.replace("default: null", "default: 15"), "15 breaks the field's own bounds"),
        (AGE, AGE.replace("default: null", "default: old"), "'old' is not of the field's type"),
        (AGE, AGE.replace("default: null", "const: 1"), "1 breaks the field's own bounds"),
        (AGE, AGE.replace("| null", "| boolean"), "the field cannot be null"),
        (AGE, AGE.replace("min: 16", "minimum: 16"), "unknown key 'minimum'"),
        (AGE, AGE.replace("min: 16", "min: max_age"), "unknown limit 'max_age'"),
        (AGE, AGE.replace("min: 16", "min: true"), "a bound is a number"),
        (AGE, AGE.replace("min: 16", "min_length: 1"), "this type has no such bound"),
        (AGE, AGE.replace("min: 16", "min: 16, min: 17"), "'min' is given twice"),
        (AGE, AGE.replace(', doc: "In years."', ""), "Guest.fields.age.doc: 'doc' is missing"),
        (AGE, AGE.replace('"In years."', '""'), "'doc' must be a text"),
        (AGE, AGE.replace("default: null", "since: 3"), "the protocol is at version 2"),
        (AGE, AGE.replace("default: null", "const: null"), "must be explicit"),
        (AGE, AGE.replace("default: null", "const: null, default: null"), "has no default"),
        (AGE, AGE.replace("default: null", "absent: 1"), "'absent' must be true or false"),
        (AGE, AGE.replace("age:", "Age:"), "this name has not the form"),
        (AGE, AGE.replace("age:", "no:"), "the key False is not a word"),
        (AGE, "age: integer", "'age' must be a mapping"),
        ("    extends: Table", "    extends: Chair", "no struct above has this name"),
        ("      number: {", "      round: {", "the struct it extends has this field"),
        ("      text: {", "      kind: {", "this is the name of the tag"),
        ("table: {type: Table", "table: {type: Guest", "Guest has required fields"),
        ("    tag: poured\n", "", "'tag' is missing"),
        ("  Poured:", "  Order:", "another type has this name"),
        ("default: ale", "default: wine", "'wine' is none of ale, mead"),
        ('default: ["\\n"', 'default: [""', "'' breaks the field's own bounds"),
        ("c: -3", "c: -2", "must be negative and its own"),
        ("http: 503", "http: 200", "between 400 and 599"),
        ("value: 3,", "value: many,", "'value' must be a whole number"),
        ("response: Bill", "response: Bull", "no struct has this name"),
        ("  ErrorBody:", "  Failure:", "ErrorBody"),
        ("      mead: Sweet.", "      mead:", "'mead' must be a text"),
        ("protocol: 2", "protocol: two", "'protocol' must be a whole number"),
        ("name: Tavern", "title: Tavern", "unknown key 'title'"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(
    before: str, after: str, what: str, tmp_path: Path
) -> None:
    text = changed((before, after))
    line = next(
        number
        for number, (old, new) in enumerate(
            zip(TAVERN.splitlines(), text.splitlines(), strict=False), 1
        )
        if old != new
    )
    with pytest.raises(Mistake) as caught:
        model_of(text, tmp_path)
    assert what in str(caught.value)
    assert abs(int(str(caught.value).split(":")[1]) - line) <= 25


def test_two_messages_of_a_side_cannot_have_one_tag(tmp_path: Path) -> None:
    again = "  Again:\n    tag: poured\n    doc: Once more.\n    fields: {}\n"
    with pytest.raises(Mistake, match=r"server_messages.Again.tag: another message has this tag"):
        model_of(TAVERN + again, tmp_path)


@pytest.mark.parametrize("text", ["- a\n", "", "a: [", "a: &b 1\nc: *d\n"])
def test_what_is_no_mapping_is_a_mistake(text: str, tmp_path: Path) -> None:
    with pytest.raises(Mistake, match=r"^hearsay.yaml:\d+: "):
        model_of(text, tmp_path)
