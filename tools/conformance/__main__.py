"""`python -m tools.conformance --client COMMAND`: play every scenario and print a table."""

from __future__ import annotations

import argparse
import asyncio
import shlex
import sys
import time
from contextlib import AsyncExitStack

import tools.conformance.scenarios  # noqa: F401 - importing it lists the scenarios
from tools.conformance.driver import FailureError
from tools.conformance.stage import SCENARIOS, House, Scenario, Stage

SECONDS = 120.0
"""The longest a scenario may take."""

TRANSPORTS = ("websocket", "zeromq")
PYTHON = f"{shlex.quote(sys.executable)} -m bridge.client.conform"


async def play(scenario: Scenario, house: House) -> str | None:
    """Play one scenario; return what the client did wrong, None if nothing."""
    try:
        async with asyncio.timeout(SECONDS), AsyncExitStack() as stack:
            await scenario.play(Stage(house, stack))
    except FailureError as failure:
        return str(failure)
    except TimeoutError:
        return f"it was not over after {SECONDS:g} s"
    return None


async def suite(scenarios: list[Scenario], command: str, transport: str) -> int:
    """Play scenarios one after another, print how each went; return how many failed."""
    failed = 0
    async with AsyncExitStack() as stack:
        house = House(command, transport, stack)
        for scenario in scenarios:
            began = time.monotonic()
            fault = await play(scenario, house)
            _show(scenario, transport, time.monotonic() - began, fault)
            failed += fault is not None
    print(f"{transport}: {len(scenarios) - failed} of {len(scenarios)} passed")
    return failed


def _show(scenario: Scenario, transport: str, seconds: float, fault: str | None) -> None:
    mark = "FAILED" if fault else "passed"
    print(f"{mark}  {transport:<9}  {scenario.name:<24} {seconds:6.1f} s  {scenario.demand}")
    if fault:
        print(f"        {fault}")


def chosen(names: list[str]) -> list[Scenario]:
    """Return the scenarios of these names, all of them for none; exits when one is unknown."""
    known = {scenario.name: scenario for scenario in SCENARIOS}
    if unknown := [name for name in names if name not in known]:
        sys.exit(f"There is no scenario {unknown[0]!r}; there are: {', '.join(known)}")
    return [known[name] for name in names] or SCENARIOS


def main() -> None:
    """Read the arguments, play, and exit with 1 if anything failed."""
    parser = argparse.ArgumentParser(prog="python -m tools.conformance", description=__doc__)
    parser.add_argument("--client", default=PYTHON, help="the command that starts the client")
    parser.add_argument("--transport", choices=TRANSPORTS, default="websocket")
    parser.add_argument("--scenario", action="append", default=[], help="repeatable; default: all")
    parser.add_argument("--list", action="store_true", help="print the scenarios and leave")
    given = parser.parse_args()
    scenarios = chosen(given.scenario)
    if given.list:
        print("\n".join(f"{each.name:<24} {each.demand}" for each in scenarios))
        return
    sys.exit(bool(asyncio.run(suite(scenarios, given.client, given.transport))))


if __name__ == "__main__":
    main()
