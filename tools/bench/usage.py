"""
`python -m tools.bench.usage`: is what an answer says of its tokens exact, for every one of them?

Each answer's usage is held against its limit and against the probabilities that it tells of each
token of its text, and all of them together against what the engine has sampled
(`hearsay_completion_tokens_total`).
"""

from __future__ import annotations

import asyncio
import codecs
import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

import httpx
import typer

from tools.bench.servers import hearsay
from tools.bench.verdict import conclude

MODEL = "hearsay/tavern"
AT_ONCE = 16
MOST_TOKENS = 24
TOTAL = "hearsay_completion_tokens_total"
SECONDS = 60.0

Document = dict[str, Any]

app = typer.Typer(add_completion=False)


@dataclass
class Answer:
    """One answer as its client has it, however it came."""

    text: str = ""
    tokens: list[Document] = field(default_factory=list)
    reason: str = ""
    usage: Document = field(default_factory=dict)

    def take(self, choice: Document, said: Document) -> None:
        """Take in a choice, or a piece of one: `said` is its message or delta."""
        self.text += said.get("content") or ""
        self.tokens += (choice.get("logprobs") or {}).get("content") or []
        self.reason = choice["finish_reason"] or self.reason

    def faults(self, most: int) -> list[str]:
        """Return what is wrong about it."""
        counted = int(self.usage["completion_tokens"])
        thought = int(self.usage["completion_tokens_details"]["reasoning_tokens"])
        # The token that ends a reply is sampled and counted, and has no text; nor have control
        # tokens that end nothing, half a code point at the end, thinking and the tags around it.
        shown = len(self.tokens) + (self.reason == "stop")
        cut = self.reason == "length"
        whole = counted == shown and not thought
        spelt = b"".join(bytes(token["bytes"]) for token in self.tokens)
        checks = {
            f"{counted} tokens are told and {shown} shown": counted >= shown + thought,
            f"{counted} tokens, but {most} at most were asked for": counted <= most,
            f"{counted} tokens and the reason 'length'": counted == most or not cut,
            "the total is no sum": self.usage["total_tokens"]
            == self.usage["prompt_tokens"] + counted,
            "the text is not that of its tokens": self.text == _decoded(spelt) or not whole,
        }
        return [fault for fault, holds in checks.items() if not holds]


def _decoded(spelt: bytes) -> str:
    """Return a text without half a code point at its end."""
    return codecs.getincrementaldecoder("utf-8")("replace").decode(spelt)


@dataclass
class Report:
    """What came of it; anything in `broken` is a promise that was."""

    answers: int = 0
    tokens: int = 0
    pairs: int = 0
    broken: list[str] = field(default_factory=list)


async def ask(http: httpx.AsyncClient, body: Mapping[str, object]) -> Answer:
    """Ask for one answer, streamed where `body` says so."""
    answer = Answer()
    async with http.stream("POST", "/v1/chat/completions", json=body) as response:
        response.raise_for_status()
        if not body["stream"]:
            document = json.loads(await response.aread())
            [choice] = document["choices"]
            answer.take(choice, choice["message"])
            answer.usage = document["usage"]
            return answer
        async for line in response.aiter_lines():
            if line.startswith("data: {"):
                chunk = json.loads(line.removeprefix("data: "))
                for choice in chunk["choices"]:
                    answer.take(choice, choice["delta"])
                answer.usage = chunk["usage"] or answer.usage
    return answer


def request(draw: random.Random, *, stream: bool) -> Document:
    """Return a request for a short reply, hot enough for odd tokens and halves of characters."""
    return {
        "model": MODEL,
        "messages": [{"role": "user", "content": f"Tell me of {draw.randrange(1000)}"}],
        "max_tokens": draw.randrange(1, MOST_TOKENS + 1),
        "temperature": draw.choice([0, 0.8, 1.6]),
        "seed": draw.randrange(1 << 30),
        "logprobs": True,
        "stream": stream,
        "stream_options": {"include_usage": True} if stream else None,
    }


async def usage(url: str, answers: int, pairs: int, seed: int = 1) -> Report:
    """Have so many answers written, many at once, then so many pairs alone."""
    report, draw = Report(), random.Random(seed)
    async with httpx.AsyncClient(base_url=url, timeout=SECONDS, trust_env=False) as http:
        before = await _sampled(http)
        bodies = iter([request(draw, stream=draw.random() < 0.5) for _ in range(answers)])
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(_ask_all(http, bodies, report))
        for _ in range(pairs):
            await _ask_twice(http, request(draw, stream=False), report)
        sampled = await _sampled(http) - before
    if sampled != report.tokens:
        report.broken.append(f"{sampled} tokens were sampled, and {report.tokens} told")
    return report


async def _ask_all(http: httpx.AsyncClient, bodies: Iterator[Document], report: Report) -> None:
    for body in bodies:
        _judge(await ask(http, body), body, report)


async def _ask_twice(http: httpx.AsyncClient, body: Document, report: Report) -> None:
    """Ask alone for the same answer at once and streamed."""
    streamed = {**body, "stream": True, "stream_options": {"include_usage": True}}
    # The first one reads the prompt; from then on the cache is the same for everybody.
    answers = [await ask(http, each) for each in (body, body, streamed)]
    for answer in answers:
        _judge(answer, body, report)
    _, plain, flow = answers
    report.pairs += 1
    for answer in (plain, flow):
        del answer.usage["prompt_tokens_details"]
    if (plain.text, plain.reason, plain.usage) != (flow.text, flow.reason, flow.usage):
        report.broken.append(f"{plain.text!r} at once, {flow.text!r} streamed")


def _judge(answer: Answer, body: Document, report: Report) -> None:
    report.answers += 1
    report.tokens += answer.usage["completion_tokens"]
    faults = answer.faults(body["max_tokens"])
    report.broken += [f"{fault}: {answer.text!r}, {answer.reason}, {body}" for fault in faults]


async def _sampled(http: httpx.AsyncClient) -> int:
    """Return how many tokens the engine has chosen since its start."""
    lines = (await http.get("/metrics")).text.splitlines()
    return sum(int(float(line.split()[-1])) for line in lines if line.startswith(TOTAL))


@app.command()
def main(
    answers: Annotated[int, typer.Option(min=1, help="Written many at once.")] = 10_000,
    pairs: Annotated[int, typer.Option(min=0, help="Alone: at once, and streamed.")] = 500,
    seed: int = 1,
) -> None:
    """Run with the built-in model; exit code 1 when an answer told something wrong."""
    with hearsay(model=None, options=["--parallel", str(AT_ONCE)], environment={}) as server:
        report = asyncio.run(usage(server.target.url, answers, pairs, seed))
    print(f"{report.answers} answers of {report.tokens} tokens, {report.pairs} pairs")
    print(f"{len(report.broken)} told something wrong")
    conclude(report.broken)


if __name__ == "__main__":
    app()
