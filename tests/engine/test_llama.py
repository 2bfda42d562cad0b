"""The real llama.cpp with the embedded model: the same promises as the fake backend's."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.chat.flow import ReplyFlow
from bridge.chat.prompt import PromptReader
from bridge.chat.splitter import Splitter
from bridge.chat.template import ChatTemplate
from bridge.engine.backend import BackendError, Decoded
from bridge.engine.batch import Batch
from bridge.engine.constraint import Constraint
from bridge.engine.engine import Engine
from bridge.engine.events import Ended, Order, Written
from bridge.engine.guidance import GuidanceCompiler
from bridge.engine.llama.backend import LlamaBackend, LlamaOptions
from bridge.errors import ErrorCode, HearsayError
from bridge.protocol import ChatMessage, FinishReason, Role, Sampling

TAVERN = Path(__file__).parents[2] / "bridge" / "models" / "data" / "tavern.gguf"
GREEDY = Sampling(temperature=0)


def _load(path: Path = TAVERN, *, safe: bool = False, context: int = 1024) -> LlamaBackend:
    options = LlamaOptions(
        path=path, slots=4, context=context, threads=2, gpu_layers=0, safe=safe, batch_tokens=128
    )
    return LlamaBackend(options, lambda _: None)


@pytest.fixture(scope="module")
def backend() -> LlamaBackend:
    return _load()


@pytest.fixture
def engine(backend: LlamaBackend) -> Iterator[Engine]:
    ticks = count()
    yield Engine(backend, lambda: float(next(ticks)), chunk_tokens=32)
    for slot in range(backend.slots):
        backend.forget(slot, 0)


def _run(
    engine: Engine, backend: LlamaBackend, text: str, sampling: Sampling = GREEDY, **options: object
) -> tuple[str, FinishReason]:
    prompt = backend.tokenize(text, special=True, start=True)
    settings: dict[str, object] = {"max_tokens": 24, "seed": 7, "ignore_eos": True, **options}
    flow = ReplyFlow(Splitter())
    engine.add(Order(job="a", index=0, prompt=prompt, sampling=sampling, flow=flow, **settings))  # type: ignore[arg-type]
    written = ""
    while True:
        for event in engine.step():
            if isinstance(event, Written):
                written += flow.take().text
            elif isinstance(event, Ended):
                assert event.sequence.reason
                return written, event.sequence.reason


def test_the_embedded_model_loads_and_says_what_it_is(backend: LlamaBackend) -> None:
    assert "llama" in backend.description
    assert backend.parameters > 100_000
    assert backend.size_bytes > 100_000
    assert backend.context == backend.cells == 1024
    assert backend.trained_context >= 2048
    assert backend.chat_template
    assert backend.rewinds
    assert "CPU" in backend.system_info


def test_text_survives_its_tokens(backend: LlamaBackend) -> None:
    text = "The innkeeper says: “Ale, or wörterbuch?” 🐉"
    tokens = backend.tokenize(text, special=False, start=False)
    assert b"".join(backend.piece(token) for token in tokens).decode() == text


def test_control_tokens_are_one_token_where_special_and_text_where_not(
    backend: LlamaBackend,
) -> None:
    control = backend.control_texts[0]
    assert len(backend.tokenize(control, special=True, start=False)) == 1
    assert len(backend.tokenize(control, special=False, start=False)) > 1


@given(st.text(max_size=300) | st.text("▁ =a\ufffd\n<|im_start|>", max_size=300))
def test_no_text_has_fewer_tokens_than_its_bytes_say(backend: LlamaBackend, text: str) -> None:
    prompts = PromptReader(
        ChatTemplate(backend.chat_template),
        backend,
        control_texts=backend.control_texts,
        longest_token=backend.longest_token,
    )
    assert 8 < (backend.longest_token or 0) < 64
    rendered = prompts.render([ChatMessage(Role.USER, text)], {})
    assert 0 < prompts.least(rendered) <= prompts.count(rendered)


def test_a_greedy_reply_is_the_same_with_and_without_a_shared_prefix(
    engine: Engine, backend: LlamaBackend
) -> None:
    first = _run(engine, backend, "You are Boris, keeper of the inn. Hello there!")
    again = _run(engine, backend, "You are Boris, keeper of the inn. Hello there!")
    other = _run(engine, backend, "You are Boris, keeper of the inn. What is on the menu?")
    assert engine.totals.cached_tokens > 0
    assert again == first
    for slot in range(backend.slots):
        backend.forget(slot, 0)
    fresh = Engine(backend, lambda: 0.0)
    assert _run(fresh, backend, "You are Boris, keeper of the inn. What is on the menu?") == other


def test_a_seed_repeats_itself_and_another_does_not(engine: Engine, backend: LlamaBackend) -> None:
    hot = Sampling(temperature=1.5)
    first = _run(engine, backend, "Hello", hot, seed=1)
    assert _run(engine, backend, "Hello", hot, seed=1) == first
    assert _run(engine, backend, "Hello", hot, seed=2) != first
    assert _run(engine, backend, "Hello", hot, seed=0xFFFFFFFF)


@pytest.mark.parametrize(
    "sampling",
    [
        Sampling(),
        Sampling(top_k=40, top_p=0.9, min_p=0.05, typical_p=0.9),
        Sampling(xtc_probability=0.5, xtc_threshold=0.05),
        Sampling(repeat_penalty=1.3, presence_penalty=0.5, frequency_penalty=-0.5),
        Sampling(repeat_penalty=1.3, repeat_last_n=-1, temperature=0),
        Sampling(dry_multiplier=0.8),
        Sampling(dry_multiplier=0.8, dry_sequence_breakers=[], dry_penalty_last_n=64),
        Sampling(mirostat=1),
        Sampling(mirostat=2, mirostat_tau=3.0),
        Sampling(temperature=0, logit_bias={"300": 5.0}),
    ],
    ids=lambda sampling: ",".join(
        f for f in sampling.__struct_fields__ if getattr(sampling, f) != getattr(Sampling(), f)
    ),
)
def test_every_sampler_of_llama_cpp_writes(
    engine: Engine, backend: LlamaBackend, sampling: Sampling
) -> None:
    text, reason = _run(engine, backend, "Hello", sampling)
    assert text
    assert reason is FinishReason.LENGTH


def test_penalties_look_back_on_the_prompt(engine: Engine, backend: LlamaBackend) -> None:
    plain = _run(engine, backend, "ale ale ale ale", GREEDY)
    penalised = Sampling(temperature=0, repeat_penalty=10.0, repeat_last_n=-1)
    assert _run(engine, backend, "ale ale ale ale", penalised) != plain


def test_a_bias_can_force_a_token_and_its_end(engine: Engine, backend: LlamaBackend) -> None:
    (token,) = backend.tokenize("a", special=False, start=False)
    forced = Sampling(temperature=0, logit_bias={str(token): 100.0})
    assert _run(engine, backend, "Hello", forced, max_tokens=3)[0] == "aaa"
    end = next(t for t in range(backend.vocabulary) if backend.ends(t))
    ended = Sampling(temperature=0, logit_bias={str(end): 100.0})
    assert _run(engine, backend, "Hello", ended, ignore_eos=False) == ("", FinishReason.STOP)
    assert _run(engine, backend, "Hello", ended)[1] is FinishReason.LENGTH  # ignore_eos is stronger


@pytest.mark.parametrize("token", ["-1", "1.5", "x", "", "99999999", "9" * 400, "\u0661"])
def test_a_bias_on_a_token_that_is_none_is_refused(
    engine: Engine, backend: LlamaBackend, token: str
) -> None:
    with pytest.raises(HearsayError, match="logit_bias names token") as caught:
        _run(engine, backend, "Hello", Sampling(logit_bias={token: 1.0}))
    assert caught.value.code is ErrorCode.INVALID_REQUEST


def test_a_full_cache_is_shared_without_loss(engine: Engine, backend: LlamaBackend) -> None:
    orders = {}
    for job in ("a", "b", "c"):
        prompt = backend.tokenize(job * 250, special=False, start=True)
        orders[job] = prompt
        engine.add(
            Order(
                job=job,
                index=0,
                prompt=prompt,
                sampling=GREEDY,
                seed=1,
                max_tokens=400,
                ignore_eos=True,
            )
        )
    ended: dict[str, int] = {}
    while len(ended) < 3:
        for event in engine.step():
            if isinstance(event, Ended):
                ended[event.sequence.job] = event.sequence.written
    assert ended == {"a": 400, "b": 400, "c": 400}


def test_a_batch_that_llama_cpp_refuses_is_an_error_of_ours(backend: LlamaBackend) -> None:
    bad = Batch(1, tokens=[backend.vocabulary + 5], positions=[0], slots=[0], wanted=[0])
    with pytest.raises(BackendError, match="llama_decode returned -1"):
        backend.decode(bad)


def test_safe_mode_loads_too() -> None:
    backend = _load(safe=True, context=256)
    backend.warm_up()


@pytest.mark.parametrize(
    "content", [b"", b"GGUF", b"GGUF\x03\x00\x00\x00" + b"\xff" * 64, b"x" * 999]
)
def test_a_file_that_is_no_model_is_refused_with_its_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.gguf"
    path.write_bytes(content)
    with pytest.raises(HearsayError, match=r"cannot load broken\.gguf") as caught:
        _load(path)
    assert caught.value.code is ErrorCode.MODEL_FAILED


def _held(backend: LlamaBackend, lark: str) -> Constraint:
    return GuidanceCompiler(backend.token_table).compile(lark)


@pytest.mark.parametrize("sampling", [GREEDY, Sampling(temperature=1.5, top_k=5, top_p=0.5)])
def test_a_constraint_holds_at_every_temperature(
    engine: Engine, backend: LlamaBackend, sampling: Sampling
) -> None:
    lark = 'start: "The " /[a-z]{3,12}/ " costs " /[0-9]{1,3}/ " gold."'
    text, reason = _run(
        engine, backend, "Hello", sampling, constraint=_held(backend, lark), max_tokens=64
    )
    assert re.fullmatch(r"The [a-z]{3,12} costs [0-9]{1,3} gold\.", text)
    assert reason is FinishReason.STOP


def test_a_constraint_that_allows_all_changes_nothing(
    engine: Engine, backend: LlamaBackend
) -> None:
    free, _ = _run(engine, backend, "Once upon")
    held, _ = _run(engine, backend, "Once upon", constraint=_held(backend, r"start: /(.|\n)*/"))
    assert held == free


def test_a_draw_is_the_models_own_among_what_is_allowed(backend: LlamaBackend) -> None:
    tokens = backend.tokenize("The", special=False, start=True)
    batch = Batch(len(tokens), tokens=tokens, positions=list(range(len(tokens))))
    batch.slots, batch.wanted = [0] * len(tokens), [len(tokens) - 1]
    assert backend.decode(batch) is Decoded.DONE
    scores = dict(backend.scores(batch.wanted[0], 0, 20)[1:])
    pair = sorted(scores, key=lambda token: -scores[token])[4:6]
    mask = bytearray(-(-backend.vocabulary // 8))
    for token in pair:
        mask[token // 8] |= 1 << token % 8
    drawn = [_draw(backend, batch.wanted[0], bytes(mask), seed) for seed in range(2000)]
    backend.forget(0, 0)
    odds = {token: math.exp(scores[token]) for token in pair}
    wanted = odds[pair[0]] / sum(odds.values())
    assert abs(drawn.count(pair[0]) / len(drawn) - wanted) < 0.05
    assert set(drawn) <= set(pair)


def _draw(backend: LlamaBackend, row: int, allowed: bytes, seed: int) -> int:
    sampler = backend.sampler(Sampling(), seed=seed, ignore_eos=False, history=[])
    token = backend.sample(row, sampler, allowed)
    sampler.close()
    return token


def test_probabilities_are_those_of_the_models_own_logits(
    engine: Engine, backend: LlamaBackend
) -> None:
    prompt = backend.tokenize("Hello", special=False, start=True)
    batch = Batch(len(prompt), tokens=prompt, positions=[*range(len(prompt))])
    batch.slots, batch.wanted = [0] * len(prompt), [len(prompt) - 1]
    assert backend.decode(batch) is Decoded.DONE
    row = batch.wanted[0]
    everything = backend.scores(row, 5, backend.vocabulary)
    (token, logprob), *ranked = everything
    assert (token, logprob) in ranked
    assert sum(math.exp(each) for _, each in ranked) == pytest.approx(1, abs=1e-6)
    assert [each for _, each in ranked] == sorted((each for _, each in ranked), reverse=True)
    assert backend.scores(row, 5, 3) == everything[:4]
    assert backend.scores(row, 5, 0) == everything[:1]
    assert backend.lead(row) == pytest.approx(ranked[0][1] - ranked[1][1], abs=1e-5)
    greedy = backend.sampler(GREEDY, seed=1, ignore_eos=False, history=[])
    assert backend.sample(row, greedy) == ranked[0][0]
    greedy.close()
    backend.forget(0, 0)


def test_a_sampler_remembers_what_was_chosen_without_it(backend: LlamaBackend) -> None:
    prompt = backend.tokenize("Hello", special=False, start=True)
    batch = Batch(len(prompt), tokens=prompt, positions=[*range(len(prompt))])
    batch.slots, batch.wanted = [0] * len(prompt), [len(prompt) - 1]
    backend.decode(batch)
    row = batch.wanted[0]
    wish = Sampling(temperature=0, frequency_penalty=2.0)
    sampler = backend.sampler(wish, seed=1, ignore_eos=False, history=[])
    likeliest = backend.scores(row, 0, 1)[1][0]
    for _ in range(40):
        sampler.accept(likeliest)
    assert backend.sample(row, sampler) != likeliest
    sampler.close()
    backend.forget(0, 0)


def test_a_constraint_leaves_the_models_own_probabilities_as_they_are(
    backend: LlamaBackend,
) -> None:
    tokens = backend.tokenize("The", special=False, start=True)
    batch = Batch(len(tokens), tokens=tokens, positions=list(range(len(tokens))))
    batch.slots, batch.wanted = [0] * len(tokens), [len(tokens) - 1]
    backend.decode(batch)
    row = batch.wanted[0]
    before = backend.scores(row, 5, 20)
    likeliest = before[1][0]
    mask = bytearray(b"\xff" * -(-backend.vocabulary // 8))
    mask[likeliest // 8] &= ~(1 << likeliest % 8)
    for few in (False, True):  # Both ways of leaving tokens out.
        allowed = bytes(mask if not few else [*mask[: likeliest // 8 + 1]] + [0] * 600)
        sampler = backend.sampler(GREEDY, seed=1, ignore_eos=False, history=[])
        assert backend.sample(row, sampler, allowed) != likeliest
        sampler.close()
        assert backend.scores(row, 5, 20) == before
    backend.forget(0, 0)
