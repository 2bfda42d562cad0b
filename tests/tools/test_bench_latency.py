"""The latency of each way to a model."""

from __future__ import annotations

import asyncio
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from tools.bench import latency, peer, servers
from tools.bench.latency import NEW_TOKENS, SHIM, WARM_UP, Way, figures_of, in_turns
from tools.bench.load import Ask, Reply, Target
from tools.bench.places import BenchError, console
from tools.bench.scenes import strangers

WAYS = ("our WebSocket", "our ZeroMQ", SHIM)


def reply(first: float, *gaps: float) -> Reply:
    """A reply that was asked for at 1 s; its times are in ms."""
    arrivals = [1 + first / 1e3]
    for gap in gaps:
        arrivals.append(arrivals[-1] + gap / 1e3)
    return Reply(1.0, tuple(arrivals), 9, len(arrivals), 0)


def test_figures_are_told_for_each_way_and_set_beside_our_shim() -> None:
    replies = {"a": [reply(5, 1, 3), reply(7, 2, 2)], SHIM: [reply(6, 4), reply(6.5, 4)]}
    figures = {figure.name: figure for figure in figures_of(replies)}
    assert len(figures) == 2 * 5
    assert figures["first text, p50: a"].value == pytest.approx(6)
    assert figures["first text, p95: a"].value == pytest.approx(6.9)
    assert "-0.25 ms to" in figures["first text, p50: a"].spread
    assert "turn by turn" not in figures[f"first text, p50: {SHIM}"].spread
    assert figures["gap between texts, p50: a"].value == pytest.approx(2)
    assert figures["gap between texts, p50: a"].spread == "6 texts of 6 tokens"
    assert figures[f"gap between texts, p95: {SHIM}"].value == pytest.approx(4)
    assert figures["a token after the first, p50: a"].value == pytest.approx(2)


async def test_every_way_is_asked_once_a_turn_in_changing_order_and_nothing_twice() -> None:
    asked: list[tuple[str, Ask]] = []

    def way(name: str) -> Way:
        async def ask(request: Ask) -> Reply:
            asked.append((name, request))
            return reply(1)

        return Way(name, f"model of {name}", ask)

    replies = await in_turns([way(name) for name in "abc"], 10)
    assert {name: len(taken) for name, taken in replies.items()} == {"a": 10, "b": 10, "c": 10}
    assert Counter(name for name, _ in asked) == dict.fromkeys("abc", 10 + WARM_UP)
    before = Counter((one, other) for (one, _), (other, _) in pairwise(asked) if one != other)
    assert len(before) == 6
    assert len({request.messages[0].content for _, request in asked}) == len(asked)
    assert all(request.model == f"model of {name}" for name, request in asked)


def test_a_real_sidecar_answers_over_all_its_transports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servers, "CACHE", tmp_path)
    figures = {
        figure.name: figure
        for figure in latency.latency_figures(
            None, requests=2, threads=1, environment={"HEARSAY_BACKEND": "fake"}
        )
    }
    assert [name for name in figures if name.startswith("first text, p50")] == [
        f"first text, p50: {way}" for way in WAYS
    ]
    for way in WAYS:
        assert 0 < figures[f"first text, p50: {way}"].value < 60_000
        tokens = int(figures[f"gap between texts, p50: {way}"].spread.split(" ")[3])
        assert tokens == 2 * NEW_TOKENS


def test_a_llama_server_that_was_not_built_is_left_out_and_said_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peer, "CACHE", tmp_path)
    assert peer.built_llama_server() is None
    with console.capture() as said:
        assert latency._peer_command(tmp_path / "a.gguf", threads=1) is None
    assert "make bench-peers" in said.get()


def test_a_sidecar_that_nobody_can_reach_is_told() -> None:
    ask = strangers("m", streams=1, prompt=3, new=3, seed=1)[0]
    with pytest.raises(BenchError, match="No server answers"):
        asyncio.run(latency.over_http(Target("http://127.0.0.1:1", "m"), ask))
