"""The WebSocket server against the Autobahn test suite, an outside judge of RFC 6455."""

from __future__ import annotations

import argparse
import asyncio
import collections
import contextlib
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import uvicorn
from starlette.types import Receive, Scope, Send

from bridge.transports.server_options import SERVER_OPTIONS

CACHE = Path(".cache/autobahn")
# The suite is Python 2 code; these are the newest releases that still are as well.
PACKAGES = [
    "autobahntestsuite==0.8.2",
    "autobahn==0.10.9",
    "twisted==20.3.0",
    "zope.interface<6",
    "klein==20.6.0",
    "werkzeug<2",
    "jinja2<3",
    "markupsafe<2",
    "pyopenssl<22",
    "cryptography<3.4",
    "service_identity<21.1",
    "txaio==2.1.0",
    "unittest2",
]
EXCLUDED = ["9.*", "12.*", "13.*"]
"""Limits and speed (we refuse frames over 1 MiB on purpose), and compression (which is off)."""
DOCUMENTED = {"7.1.5"}
"""What the websockets library fails by its own account: data after a close frame."""
GOOD = {"OK", "NON-STRICT", "INFORMATIONAL"}


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Send back every message, as the suite wants it."""
    if scope["type"] != "websocket":
        return
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        kind = "text" if message.get("text") is not None else "bytes"
        with contextlib.suppress(OSError):
            await send({"type": "websocket.send", kind: message[kind]})


def install(python2: str) -> Path:
    """Install the suite for a Python 2.7, once; return its folder."""
    target = CACHE / "python2"
    if not (target / "autobahntestsuite").exists():
        command = [python2, "-m", "pip", "install", "--quiet", "--target", str(target), *PACKAGES]
        subprocess.run(command, check=True)
        (target / "zope" / "__init__.py").touch()  # The wheel expects an installer to do it.
    return target


async def run(python2: str) -> dict[str, str]:
    """Run the suite; return each case's verdict, the worse of behaviour and closing."""
    target = install(python2).resolve()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        config = uvicorn.Config(echo, log_level="critical", lifespan="off", **SERVER_OPTIONS)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve([listener]))
        specification = {
            "outdir": str((CACHE / "reports").resolve()),
            "servers": [{"agent": "hearsay", "url": f"ws://127.0.0.1:{port}"}],
            "cases": ["*"],
            "exclude-cases": EXCLUDED,
        }
        path = CACHE / "specification.json"
        path.write_text(json.dumps(specification))
        start = "from autobahntestsuite.wstest import run; run()"
        process = await asyncio.create_subprocess_exec(
            *(python2, "-W", "ignore", "-c", start),
            *("--mode", "fuzzingclient", "--spec", str(path.resolve())),
            env={**os.environ, "PYTHONPATH": str(target)},
            stdout=subprocess.DEVNULL,
        )
        code = await process.wait()
        server.should_exit = True
        await serving
    if code:
        sys.exit(f"the suite ended with exit code {code}")
    index = json.loads((CACHE / "reports" / "index.json").read_text())["hearsay"]
    return {case: _verdict(result) for case, result in index.items()}


def main() -> int:
    """Print how many cases have which verdict, and every failure; 1 if one is not documented."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python2", default="python2.7", help="a Python 2.7 with pip")
    arguments = parser.parse_args()
    CACHE.mkdir(parents=True, exist_ok=True)
    verdicts = asyncio.run(run(arguments.python2))
    for verdict, count in collections.Counter(verdicts.values()).most_common():
        print(f"{count:4} {verdict}")
    failed = {case for case, verdict in verdicts.items() if verdict not in GOOD}
    for case in sorted(failed):
        known = " (documented by the library)" if case in DOCUMENTED else ""
        print(f"{case}: {verdicts[case]}{known}")
    return 1 if failed - DOCUMENTED else 0


def _verdict(result: dict[str, str]) -> str:
    behaviour, closing = result["behavior"], result["behaviorClose"]
    return closing if behaviour == "OK" and closing not in GOOD else behaviour


if __name__ == "__main__":
    sys.exit(main())
