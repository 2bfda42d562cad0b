"""Examine a model: `python -m tools.demo_model.evaluate [FILE]`."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from tools.demo_model.corpus.dialogue import Dialogue
from tools.demo_model.evaluate.cases import CONSTRAINED, HELD, cases, offered, schema
from tools.demo_model.evaluate.report import table
from tools.demo_model.evaluate.rules import Reply, judge
from tools.demo_model.evaluate.runner import Model, Prompt
from tools.demo_model.paths import MODEL
from tools.demo_model.render import forced, prompt


def main() -> None:
    """Run all cases and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, nargs="?", default=MODEL)
    parser.add_argument(
        "--temperature", type=float, nargs="+", default=[0.0], help="one column of the table each"
    )
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--share", type=float, default=1.0, help="of the cases, for a quick look")
    parser.add_argument("--failures", type=int, default=0, help="how many wrong replies to show")
    options = parser.parse_args()
    chosen = cases(share=options.share)
    prompts = [_prompt(kind, dialogue) for kind, dialogue in chosen]
    columns: dict[str, list[dict[str, bool]]] = {}
    start = time.monotonic()
    for temperature in options.temperature:
        model = Model(options.model, options.threads, temperature)
        replies = model.replies(prompts)
        model.close()
        verdicts = [
            judge(dialogue, reply, kind in (CONSTRAINED, HELD))
            for (kind, dialogue), reply in zip(chosen, replies, strict=True)
        ]
        _show_failures(options.failures, chosen, replies, verdicts)
        columns[f"at {temperature:g}"] = verdicts
    print(f"{len(chosen)} cases, {time.monotonic() - start:.0f} s\n")
    print(table(columns))


def _prompt(kind: str, dialogue: Dialogue) -> Prompt:
    return Prompt(
        prompt(dialogue),
        forced(dialogue),
        schema=schema(dialogue) if kind == CONSTRAINED else "",
        tools=offered(dialogue) if kind == HELD else (),
    )


def _show_failures(
    count: int,
    chosen: list[tuple[str, Dialogue]],
    replies: list[Reply],
    verdicts: list[dict[str, bool]],
) -> None:
    for (_, dialogue), reply, verdict in zip(chosen, replies, verdicts, strict=True):
        wrong = [rule for rule, right in verdict.items() if not right]
        if wrong and count > 0:
            count -= 1
            print(f"{', '.join(wrong)}: {prompt(dialogue)}\n  -> {reply.text}\n", file=sys.stderr)


if __name__ == "__main__":
    main()
