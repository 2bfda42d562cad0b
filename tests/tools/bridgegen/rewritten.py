"""What a language makes of the vectors: each document read by its types and written again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import cast

import bridge.protocol
from bridge.wire.document import convert, parse
from tools.setup.places import ROOT

VECTORS = ROOT / "protocol" / "vectors"
_HUGE = re.compile(r"\d{16}")  # more digits than a float can hold


def check_rewritten(lines: Iterable[str], *, huge: bool = False) -> int:
    """
    Compare every valid document with what a language wrote again; returns how many there were.

    A line is a JSON list: the file, the case's name, the text as it was written again. `huge`
    says that the language keeps integers of 64 bits.
    """
    again = {(file, name): text for file, name, text in map(json.loads, lines)}
    compared = 0
    for path in sorted(VECTORS.rglob("*.json")):
        vectors = json.loads(path.read_text(encoding="utf-8"))
        if vectors["type"] == "ClientMessage":
            continue
        kind = cast("type[object]", getattr(bridge.protocol, vectors["type"]))
        for case in vectors["cases"]:
            if not case["name"].startswith("valid."):
                continue
            if _HUGE.search(case["text"]) and not huge:
                continue
            if case["name"] == "valid.usage_is_null":
                continue  # null and absent are one to most languages
            text = again[path.relative_to(VECTORS).as_posix(), case["name"]]
            expected = convert(parse(case["text"].encode()), kind)
            assert convert(parse(text.encode()), kind) == expected, (path.name, case["name"], text)
            compared += 1
    return compared
