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
from bridge.protocol import Json
from bridge.wire.choices import choices

MAX_DEPTH = 64
"""How deep objects and arrays may be nested; deeper documents are refused."""

MAX_VALUES = 1 << 17
"""How many values a document may hold: a million of them cost everybody else a second."""

MAX_STRANGE = 32
"""How many unknown keys are looked at: each costs a comparison with every known one."""

_LONGEST_NAME = 64
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
    _check_values(data)
    try:
        document = json.loads(
            data.decode(),
            object_pairs_hook=_object,
            parse_float=_number,
            parse_constant=_no_constant,
        )
        if b"\\u" in data:  # only an escape can write half a surrogate pair
            json.dumps(document, ensure_ascii=False).encode()
    except UnicodeDecodeError as error:
        raise _invalid(f"The body is not valid UTF-8 at byte {error.start}") from None
    except UnicodeEncodeError:
        raise _invalid("The body contains half of a surrogate pair") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        raise _invalid(f"The body is not valid JSON: {error.msg} at {where}") from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError:  # Python refuses to read an integer of thousands of digits
        raise _invalid("The body contains a number with too many digits") from None
    if not isinstance(document, dict):
        raise _invalid("The body must be a JSON object")
    _check_depth(document.values(), MAX_DEPTH)
    return document


def convert(document: dict[str, Json], kind: type[_Document]) -> _Document:
    """
    Return the document as a `kind`, strictly: no string becomes a number.

    A top-level null means that the field was not given, as OpenAI's clients send it.
    Raises INVALID_REQUEST with the path of the field at fault as `param`.
    """
    given = {key: value for key, value in document.items() if value is not None}
    try:
        return msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        raise _explain(str(error), kind, given) from None


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


def _check_values(data: bytes) -> None:
    """Count values before any is made; none comes without one of these signs before it."""
    if sum(map(data.count, (b",", b"[", b"{"))) <= MAX_VALUES:
        return
    # Much prose has as many commas: only those outside of strings count. The strings themselves
    # are two to a value at most, so that what is split here has bounds.
    bare = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    if bare.count(b'"') <= 4 * MAX_VALUES:
        outside = b"".join(bare.split(b'"')[::2])
        if sum(map(outside.count, (b",", b"[", b"{"))) <= MAX_VALUES:
            return
    raise _invalid(f"The body holds more than {MAX_VALUES} values")


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


def _no_constant(name: str) -> Never:
    raise _invalid(f"The body contains {name}, which is not JSON")


def _check_depth(values: Iterable[Json], room: int) -> None:
    for value in values:
        if isinstance(value, (dict, list)):
            if room == 1:
                raise _too_deep()
            _check_depth(value.values() if isinstance(value, dict) else value, room - 1)


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


def _too_deep() -> HearsayError:
    return _invalid(f"The body is nested more than {MAX_DEPTH} deep")


def _invalid(message: str, param: str | None = None) -> HearsayError:
    return HearsayError(ErrorCode.INVALID_REQUEST, message, param)
