"""What every Python client is asked to do; run by an interpreter that has the clients."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator

Plain = Callable[[str, str, str], str]
"""Asks with a key, a model and a text; returns the answer."""

Stream = Callable[[str, str, str], Iterator[str]]
"""The same, piece by piece."""

KEY, MODEL = "secret-of-the-tavern", "in-memory::hearsay/tavern"


def url() -> str:
    """Return the address that the client is to be given."""
    return sys.argv[1]


def run(client: str, plain: Plain, stream: Stream) -> None:
    """Do all cases and print what came of each."""

    def joined(key: str, model: str, text: str) -> str:
        pieces: list[str] = []
        try:
            pieces.extend(stream(key, model, text))
        except Exception as error:
            error.heard = "".join(pieces)  # type: ignore[attr-defined]
            raise
        return "".join(pieces)

    results = {
        "plain": _attempt(plain, KEY, MODEL, f"{client} hello"),
        "stream": _attempt(joined, KEY, MODEL, f"{client} hello"),
        "key": _attempt(plain, "wrong", MODEL, f"{client} key"),
        "model": _attempt(plain, KEY, "nobody/none", f"{client} model"),
        "internal": _attempt(plain, KEY, MODEL, f"{client} internal"),
        "busy": _attempt(plain, KEY, MODEL, f"{client} busy"),
        "broken": _attempt(joined, KEY, MODEL, f"{client} broken"),
    }
    print(json.dumps(results))


def _attempt(ask: Plain, key: str, model: str, text: str) -> dict[str, object]:
    try:
        return {"text": ask(key, model, text)}
    except Exception as error:
        status = getattr(error, "status_code", None)
        heard = getattr(error, "heard", "")
        return {"error": type(error).__name__, "status": status, "text": heard}
