"""JSON bytes become checked Python values: the one place where the doubtful cases are settled."""

from __future__ import annotations

import difflib
import json
import math
import re
from collections import Counter
from collections.abc import Collection, Iterable
from itertools import islice
from typing import Never, TypeVar

import msgspec

from bridge.errors import ErrorCode, HearsayError
from bridge.levels import levels
from bridge.protocol import Json
from bridge.wire.choices import choices

MAX_DEPTH = 64
"""How deep objects and arrays may be nested; deeper documents are refused."""

MAX_VALUES = 1 << 17
"""How many values a document may hold: a million of them cost everybody else a second."""

MAX_STRANGE = 32
"""How many unknown keys are looked at: each costs a comparison with every known one."""

_NO_SIGNS = bytes(set(range(256)) - set(b",:[{"))
_NO_SIGNS_NOR_QUOTES = bytes(set(_NO_SIGNS) - set(b'"'))
_LONGEST_NAME = 64
_INTEGERS = range(-(1 << 63), 1 << 64)  # What msgpack, and so a worker, can be told.
_EXACT = 1 << 53  # above this, a float no longer says which integer was meant
_QUOTED = 200  # characters of a message that may repeat what the client sent
_LOCATION = re.compile(r" - at `\$\.?(.*)`$")
_MISSING = re.compile(r"^Object missing required field `(.*)`$")
_STEP = re.compile(r"[^.\[\]]+")
_STRANGE_WORD = "Invalid enum value"
_WORDS = {
    "str": "a string",
    "int": "an integer",
    "float": "a number",
    "bool": "true or false",
    "array": "an array",
    "object": "an object",
    "null": "null",
}

_Document = TypeVar("_Document")


def parse(data: bytes) -> dict[str, Json]:
    """
    Return the JSON object that `data` is.

    `256.0` becomes the integer 256. Refused as INVALID_REQUEST: anything but strict UTF-8,
    duplicate keys, NaN and numbers beyond a float, half surrogate pairs, nesting over MAX_DEPTH,
    more than MAX_VALUES values.
    """
    signs = data.translate(None, _NO_SIGNS)
    if _most_values(signs) > MAX_VALUES:  # Much prose has as many commas.
        signs = _signs_outside(data)
        if _most_values(signs) > MAX_VALUES:
            raise _too_many()
    try:
        document = _decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _fault(data) from None
    if not isinstance(document, dict):
        raise _invalid("The body must be a JSON object")
    keys = _count_keys(document, signs.count(b"{") + signs.count(b"["))
    if keys != signs.count(b":") and keys != _signs_outside(data).count(b":"):
        raise _fault(data)
    return document


def convert(document: dict[str, Json], kind: type[_Document]) -> _Document:
    """
    Return the document as a `kind`, strictly: no string becomes a number.

    A top-level null means that the field was not given, as OpenAI's clients send it. An integer of
    more than 64 bits is refused wherever it stands.
    Raises INVALID_REQUEST with the path of the field at fault as `param`.
    """
    given = {key: value for key, value in document.items() if value is not None}
    try:
        converted = msgspec.convert(given, kind)
        msgspec.msgpack.encode(given)  # The quickest way to look at every integer.
    except msgspec.ValidationError as error:
        raise _explain(str(error), kind, given) from None
    except OverflowError:
        path = _large_integer(given)
        raise _invalid(f"Invalid '{path}': an integer of more than 64 bits", path) from None
    return converted


def misspelled(
    keys: Iterable[str], known: Collection[str], innocent: Collection[str] = ()
) -> dict[str, str]:
    """Return unknown keys that resemble a known one, with what was probably meant."""
    strange = (key for key in keys if key not in known and key not in innocent)
    found: dict[str, str] = {}
    for key in islice(strange, MAX_STRANGE):
        # A key ends up in a header and a log: only what can be a name is worth repeating.
        is_name = len(key) <= _LONGEST_NAME and key.isascii() and key.isidentifier()
        if is_name and (near := difflib.get_close_matches(key, known, 1, 0.8)):
            found[key] = near[0]
    return found


def _most_values(signs: bytes) -> int:
    """Return how many values there may be: none comes without a sign before it, but the first."""
    return signs.count(b",") + signs.count(b"[") + signs.count(b"{")


def _signs_outside(data: bytes) -> bytes:
    """Return the signs of a document that are not in a string."""
    if b"\\" in data:  # Now every quote opens or closes a string.
        data = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    bare = data.translate(None, _NO_SIGNS_NOR_QUOTES).replace(b'""', b"")
    if bare.count(b'"') > 4 * MAX_VALUES:  # Each value has two at most, and so has its key.
        raise _too_many()
    return b"".join(bare.split(b'"')[::2])


def _count_keys(document: Json, opened: int) -> int:
    """
    Count the keys of all objects; raises INVALID_REQUEST for nesting that is too deep.

    The document has `opened` objects and lists at most: below the last there are none to look for.
    """
    keys = 0
    for depth, (_, maps, lists) in enumerate(levels(document)):
        if depth == MAX_DEPTH and (maps or lists):
            raise _too_deep()
        keys += sum(map(len, maps))
        opened -= len(maps) + len(lists)
        if not opened:
            break
    return keys


def _large_integer(value: Json, path: str = "") -> str | None:
    """Return the path of the first integer that is too large, as msgspec writes paths."""
    if isinstance(value, dict):
        below = ((f"{path}.{key}" if path else str(key), each) for key, each in value.items())
    elif isinstance(value, list):
        below = ((f"{path}[{index}]", each) for index, each in enumerate(value))
    else:
        return path if isinstance(value, int) and value not in _INTEGERS else None
    return next((found for at, each in below if (found := _large_integer(each, at))), None)


def _fault(data: bytes) -> HearsayError:
    """Read once more what was refused, more slowly, and return what is wrong with it and where."""
    try:
        json.loads(
            data.decode(),
            object_pairs_hook=_object,
            parse_float=_number,
            parse_constant=_no_constant,
        )
    except HearsayError as error:
        return error
    except UnicodeDecodeError as error:
        return _invalid(f"The body is not valid UTF-8 at byte {error.start}")
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        return _invalid(f"The body is not valid JSON: {error.msg} at {where}")
    except RecursionError:
        return _too_deep()
    except ValueError:  # Python refuses to read an integer of thousands of digits.
        return _invalid("The body contains a number with too many digits")
    # All that Python lets pass here.
    return _invalid("The body contains half of a surrogate pair")


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    document = dict(pairs)
    if len(document) == len(pairs):
        return document
    counted = Counter(key for key, _ in pairs)
    key = next(key for key, count in counted.items() if count > 1)
    raise _invalid(f"The key {key[:_LONGEST_NAME]!a} is given twice in one object")


def _number(text: str) -> int | float:
    number = float(text)
    if not math.isfinite(number):
        raise _invalid("The body contains a number that is too large")
    whole = number.is_integer() and abs(number) <= _EXACT
    return int(number) if whole else number


_decode = msgspec.json.Decoder(float_hook=_number).decode
"""As strict as Python's reader with the hooks below, but that the last of equal keys remains."""


def _no_constant(name: str) -> Never:
    raise _invalid(f"The body contains {name}, which is not JSON")


def _explain(text: str, kind: type, document: Json) -> HearsayError:
    found = _LOCATION.search(text)
    path = found[1] if found else ""
    what = text[: found.start()] if found else text
    if missing := _MISSING.match(what):
        param = f"{path}.{missing[1]}" if path else missing[1]
        stray = _stray(_at(document, path), missing[1])
        return _invalid(f"Missing required field '{param}'{stray}", param)
    what = re.sub("`([a-z |]+)`", _in_words, what[:_QUOTED])
    if what.startswith(_STRANGE_WORD) and (words := choices(kind, path)):
        what += f"; expected one of {', '.join(words)}"
    subject = f"'{path}'" if path else "body"
    return _invalid(f"Invalid {subject}: {what[0].lower()}{what[1:]}", path or None)


def _at(document: Json, path: str) -> Json:
    """Return what is at a path of msgspec's; it was there, since something within it was missed."""
    for step in _STEP.findall(path):
        if isinstance(document, list):
            document = document[int(step)]
        else:
            document = document.get(step) if isinstance(document, dict) else None
    return document


def _stray(holder: Json, name: str) -> str:
    """Return in words the key that was probably meant to be a missing one; often nothing."""
    keys = islice(holder if isinstance(holder, dict) else (), MAX_STRANGE)
    names = [key for key in keys if len(key) <= _LONGEST_NAME and key.isidentifier()]
    near = difflib.get_close_matches(name, names, 1, 0.8)
    return f"; is it what {near[0]!r} was meant to be?" if near else ""


def _in_words(kinds: re.Match[str]) -> str:
    return " or ".join(_WORDS.get(kind, kind) for kind in kinds[1].split(" | "))


def _too_many() -> HearsayError:
    return _invalid(f"The body holds more than {MAX_VALUES} values")


def _too_deep() -> HearsayError:
    return _invalid(f"The body is nested more than {MAX_DEPTH} deep")


def _invalid(message: str, param: str | None = None) -> HearsayError:
    return HearsayError(ErrorCode.INVALID_REQUEST, message, param)
