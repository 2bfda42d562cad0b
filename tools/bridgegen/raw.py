"""Vectors that are no documents yet: what a reader meets before it sees fields."""

from __future__ import annotations

import json

from tools.bridgegen.model import Json, Model
from tools.bridgegen.samples import minimal


def raw_cases(model: Model) -> list[dict[str, Json]]:
    """Return cases of frames that are no JSON, no object, or no message."""
    depth = next((int(each.value) for each in model.limits if each.name == "max_depth"), 64)
    message = minimal(model, model.client_messages[0])
    whole = json.dumps(message)
    first = next(iter(message))
    valid = {
        "with_blanks_around": f" \t\n{whole}\r\n ",
        "as_deep_as_allowed": _with(message, '"mumble": ' + "[" * (depth - 1) + "]" * (depth - 1)),
        "with_escapes": _with(message, '"mumble": "\\u0041\\ud83d\\ude00\\n\\/"'),
    }
    unreadable = {
        "empty": "",
        "no_json": "hello",
        "cut_short": whole[:-1],
        "followed_by_more": f"{whole} {{}}",
        "with_a_trailing_comma": _with(message, ""),
        "with_single_quotes": whole.replace('"', "'"),
        "with_a_comment": f"{whole} // said the client",
        "a_list": f"[{whole}]",
        "a_string": '"hello"',
        "null": "null",
        "with_a_key_twice": _with(message, f"{json.dumps(first)}: {json.dumps(message[first])}"),
        "with_an_inner_key_twice": _with(message, '"mumble": {"a": 1, "a": 1}'),
        "with_not_a_number": _with(message, '"mumble": NaN'),
        "with_infinity": _with(message, '"mumble": -Infinity'),
        "with_a_number_beyond_a_float": _with(message, '"mumble": 1e999'),
        "with_half_a_surrogate_pair": _with(message, '"mumble": "\\ud83d"'),
        "too_deep": _with(message, '"mumble": ' + "[" * depth + "]" * depth),
    }
    rest = {name: value for name, value in message.items() if name != "type"}
    untagged = {
        "without_a_tag": rest,
        "with_an_unknown_tag": {"type": "mumble", **rest},
        "with_a_number_for_a_tag": {"type": 7, **rest},
        "with_null_for_a_tag": {"type": None, **rest},
    }
    blamed = {name: json.dumps(document) for name, document in untagged.items()}
    return [
        *(_case(f"valid.{name}", text) for name, text in valid.items()),
        *(_case(f"invalid.{name}", text, beyond_schema=True) for name, text in unreadable.items()),
        *(_case(f"invalid.{name}", text, param="type") for name, text in blamed.items()),
    ]


def _case(name: str, text: str, **more: Json) -> dict[str, Json]:
    return {"name": name, **more, "text": text}


def _with(message: dict[str, Json], more: str) -> str:
    return f"{json.dumps(message)[:-1]}, {more}}}"
