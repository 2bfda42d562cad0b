"""The engine, driven by hand on the fake backend."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.chat.flow import ReplyFlow
from bridge.chat.splitter import Splitter
from bridge.chat.thinking import think_style
from bridge.engine.backend import BackendError, Decoded
from bridge.engine.batch import Batch
from bridge.engine.engine import too_long
from bridge.engine.events import Order, Written
from bridge.engine.fake import END, REPLY_WORDS, FakeBackend
from bridge.engine.pace import Pacer
from bridge.errors import ErrorCode, HearsayError
from bridge.protocol import FinishReason, Sampling
from tests.engine.driver import Driver, alone, plain_order


def test_a_prompt_without_a_token_is_refused() -> None:
    driver = Driver()
    with pytest.raises(HearsayError) as caught:
        driver.engine.add(plain_order("a", []))
    assert (caught.value.code, caught.value.param) == (ErrorCode.INVALID_REQUEST, "messages")
    assert driver.engine.idle


def test_a_reply_ends_by_itself_and_says_stop() -> None:
    driver = Driver()
    driver.add("a", "Hello")
    driver.run()
    assert driver.reasons["a", 0] is FinishReason.STOP
    assert len(driver.texts["a", 0].split()) == REPLY_WORDS
    assert len(driver.ids["a", 0]) == REPLY_WORDS + 1  # The token that ends it was sampled too.


def test_max_tokens_is_never_overshot() -> None:
    driver = Driver()
    sequence = driver.add("a", "Hello", max_tokens=5)
    driver.run()
    assert driver.reasons["a", 0] is FinishReason.LENGTH
    assert sequence.written == len(driver.ids["a", 0]) == 5


def test_a_reply_ends_where_the_context_does() -> None:
    driver = Driver(FakeBackend(context=40))
    sequence = driver.add("a", "x" * 30, ignore_eos=True)
    driver.run()
    assert driver.reasons["a", 0] is FinishReason.LENGTH
    assert sequence.written == 10


@pytest.mark.parametrize(
    ("cells", "shortened", "advice"),
    [
        (32, False, "shorten them, set 'context_policy' or raise --ctx"),
        (32, True, "shorten the last ones or raise --ctx"),
        (64, False, "shorten them or set 'context_policy': this model was trained for no more"),
        (64, True, "shorten the last ones: this model was trained for no more"),
    ],
)
def test_what_is_too_long_is_told_what_may_help_and_has_not_been_tried(
    cells: int, shortened: bool, advice: str
) -> None:
    backend = FakeBackend(context=32, cells=cells)
    message = too_long(backend, "40", shortened=shortened).message
    assert " 40 tokens, but the context holds 32 " in message
    assert message.endswith(f"; {advice}")


def test_ignore_eos_writes_until_it_must_not() -> None:
    driver = Driver()
    driver.add("a", "Hello", max_tokens=REPLY_WORDS + 10, ignore_eos=True)
    driver.run()
    assert len(driver.ids["a", 0]) == REPLY_WORDS + 10


def test_a_prompt_without_room_for_a_reply_is_refused_with_the_numbers() -> None:
    driver = Driver(FakeBackend(context=32))
    with pytest.raises(HearsayError, match="32 tokens, but the context holds 32") as caught:
        driver.add("a", "x" * 32)
    assert caught.value.code is ErrorCode.CONTEXT_EXCEEDED
    assert caught.value.param == "messages"
    assert driver.engine.idle


def test_a_stop_string_ends_the_reply_and_is_not_part_of_it() -> None:
    whole = alone("Hello")
    stop = whole.split()[7]
    driver = Driver()
    driver.add("a", "Hello", stops=(stop,))
    driver.run()
    assert driver.reasons["a", 0] is FinishReason.STOP
    assert driver.texts["a", 0] == whole[: whole.index(stop)]


def test_text_held_back_for_a_stop_string_comes_out_at_the_end() -> None:
    whole = alone("Hello")
    driver = Driver()
    driver.add("a", "Hello", stops=(whole[-1] + "!",))
    driver.run()
    assert driver.texts["a", 0] == whole


@pytest.mark.parametrize("chunk", [1, 7, 64])
def test_company_and_chunks_do_not_change_what_is_written(chunk: int) -> None:
    prompts = {f"job{i}": f"You are {'ABCDEF'[i] * (i * 23 + 1)}. Hello!" for i in range(6)}
    driver = Driver(FakeBackend(slots=3, batch_tokens=32), chunk_tokens=chunk)
    for job, prompt in prompts.items():
        driver.add(job, prompt)
    driver.run()
    assert {job: driver.texts[job, 0] for job in prompts} == {
        job: alone(prompt) for job, prompt in prompts.items()
    }


def test_running_replies_go_on_while_a_long_prompt_is_read() -> None:
    driver = Driver(FakeBackend(batch_tokens=64), chunk_tokens=16)
    driver.add("talk", "Hi", ignore_eos=True)
    driver.step()
    driver.add("long", "x" * 160)
    before = len(driver.ids["talk", 0])
    steps = 0
    while ("long", 0) not in driver.ids:
        driver.step()
        steps += 1
    assert steps == 10  # 160 tokens in chunks of 16
    assert len(driver.ids["talk", 0]) == before + steps


def test_a_cancelled_job_frees_its_slot_and_its_sampler_at_once() -> None:
    driver = Driver(FakeBackend(slots=1))
    first = driver.add("a", "Hello", ignore_eos=True)
    driver.add("b", "Hi", max_tokens=2)
    driver.step()
    driver.engine.cancel("a")
    assert driver.engine.running == 0
    driver.run()
    assert driver.reasons["a", 0] is FinishReason.CANCELLED
    assert driver.reasons["b", 0] is FinishReason.LENGTH
    assert first.sampler.closed  # type: ignore[attr-defined]


def test_a_waiting_job_can_be_cancelled_and_an_unknown_one_is_ignored() -> None:
    driver = Driver(FakeBackend(slots=1))
    driver.add("a", "Hello", max_tokens=2)
    waiting = driver.add("b", "Hi")
    driver.engine.cancel("b")
    driver.engine.cancel("nobody")
    driver.run()
    assert driver.reasons == {
        ("a", 0): FinishReason.LENGTH,
        ("b", 0): FinishReason.CANCELLED,
    }
    assert waiting.written == 0


def test_a_full_cache_forgets_idle_slots_first() -> None:
    driver = Driver(FakeBackend(slots=4, context=100, cells=100))
    driver.add("old", "o" * 60, max_tokens=2)
    driver.run()
    driver.add("new", "n" * 60, max_tokens=20)
    driver.run()
    assert driver.texts["new", 0] == alone("n" * 60, max_tokens=20)


def test_a_full_cache_makes_the_youngest_wait_and_nothing_is_lost() -> None:
    driver = Driver(FakeBackend(slots=3, context=200, cells=200))
    options = {"max_tokens": 60, "ignore_eos": True}
    for job in "abc":
        driver.add(job, job * 50, **options)
    driver.run()
    for job in "abc":
        assert driver.texts[job, 0] == alone(job * 50, **options)
        assert len(driver.ids[job, 0]) == 60
        cached = driver.sequences[job, 0].cached
        assert cached == 0  # Reading again after preemption is not the client's gain.


def test_a_lone_sequence_without_room_means_that_the_backend_is_broken() -> None:
    driver = Driver(FakeBackend(slots=1, context=50, cells=10))
    driver.add("a", "x" * 20)
    with pytest.raises(BackendError, match="no KV cell"):
        driver.run()


def test_an_aborted_decode_is_given_again() -> None:
    class Aborts(FakeBackend):
        aborted = 0

        def decode(self, batch: Batch) -> Decoded:
            if self.aborted < 2:
                self.aborted += 1
                return Decoded.ABORTED
            return super().decode(batch)

    driver = Driver(Aborts())
    driver.add("a", "Hello")
    driver.run()
    assert driver.texts["a", 0] == alone("Hello")


@pytest.mark.parametrize("cut", [1, 5, REPLY_WORDS - 1])
def test_a_reply_goes_on_from_its_last_token_on_another_engine(cut: int) -> None:
    first = Driver()
    first.add("a", "Hello", stops=("zzz",))
    while len(first.ids.get(("a", 0), [])) < cut:
        first.step()
    second = Driver()
    sequence = second.add("a", "Hello", stops=("zzz",), written=tuple(first.ids["a", 0]))
    second.run()
    assert first.texts["a", 0] + second.texts["a", 0] == alone("Hello")
    assert sequence.written == REPLY_WORDS + 1


def test_totals_count_what_was_read_and_written() -> None:
    driver = Driver()
    driver.add("a", "Hello", max_tokens=3)
    driver.add("b", "World", max_tokens=4)
    assert driver.engine.waiting == 2
    driver.run()
    totals = driver.engine.totals
    assert (totals.prompt_tokens, totals.completion_tokens) == (10, 7)
    assert totals.steps == 4
    assert totals.decode_seconds > 0
    assert driver.engine.cells_used == 5 + 2 + 5 + 3


def test_a_model_that_was_trained_for_less_says_so() -> None:
    driver = Driver(FakeBackend(context=32, cells=64))
    with pytest.raises(HearsayError, match="this model was trained for no more"):
        driver.add("a", "x" * 40)


def test_a_token_that_is_forced_comes_instead_of_the_models() -> None:
    driver = Driver()
    forced = [END + 3, END + 4]
    flow = ReplyFlow(Splitter(), opening=forced)
    driver.engine.add(replace(plain_order("a", [65, 66]), flow=flow, max_tokens=4))
    driver.run()
    assert driver.ids["a", 0][:2] == forced
    assert len(driver.ids["a", 0]) == 4


def test_probabilities_are_told_for_every_token_but_the_end() -> None:
    driver = Driver()
    driver.engine.add(replace(plain_order("a", [65]), top_logprobs=2))
    scores: list[list[tuple[int, float]]] = []
    while not driver.engine.idle:
        for event in driver.step():
            scores += event.scores if isinstance(event, Written) else []
    ids = driver.ids["a", 0]
    assert [score[0][0] for score in scores] == ids[:-1]
    assert all(len(score) == 3 for score in scores)


class Anything:
    """A constraint that allows everything and remembers what it was asked."""

    finished = False
    owed = True

    def __init__(self) -> None:
        self.accepted: list[int] = []

    def allowed(self) -> bytes:
        return b"\xff" * 64

    def accept(self, token: int) -> None:
        self.accepted.append(token)

    def copy(self) -> Anything:
        return Anything()


def test_a_constraint_speaks_only_of_the_answer() -> None:
    style = think_style("</think>", ())
    constraint = Anything()
    prompt = [65]

    def order(written: tuple[int, ...] = ()) -> Order:
        flow = ReplyFlow(Splitter(style=style, opened=True), budget=2, closing=list(b"</think>"))
        return replace(
            plain_order("a", prompt),
            flow=flow,
            constraint=constraint,
            max_tokens=14,
            written=written,
        )

    driver = Driver()
    driver.engine.add(order())
    driver.run()
    ids = driver.ids["a", 0]
    assert bytes(ids[2:10]) == b"</think>"
    assert constraint.accepted == ids[10:]
    constraint.accepted = []
    again = Driver()
    again.engine.add(order(tuple(ids[:12])))
    assert constraint.accepted == ids[10:12]
    again.run()
    assert constraint.accepted == ids[10:]


@pytest.mark.parametrize(
    ("sampling", "exact"),
    [(Sampling(), False), (Sampling(seed=5), True), (Sampling(temperature=0), True)],
)
def test_a_reply_of_a_given_seed_is_computed_in_one_way_each_time(
    sampling: Sampling, exact: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []

    def threads(_: Pacer, rows: int, *, exact: bool = False) -> int:
        asked.extend([exact] * (rows == 1))
        return 1

    monkeypatch.setattr(Pacer, "threads", threads)
    driver = Driver()
    driver.add("a", "Hello", sampling=sampling, ignore_eos=True, max_tokens=4)
    driver.run()
    assert set(asked) == {exact}
