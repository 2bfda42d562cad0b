"""Reading a conversation: what has grown too long is shortened as its request wishes."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from bridge.chat.prompt import PromptReader
from bridge.chat.summaries import SUMMARY_TOKENS, Summaries
from bridge.chat.template import ChatTemplate
from bridge.errors import ErrorCode, HearsayError
from bridge.protocol import ChatMessage, ContextPolicy, Role
from bridge.worker.conversation import Reader, Reading

CONTEXT = 400


class Letters:
    """Every character is a token."""

    def tokenize(self, text: str, *, special: bool, start: bool) -> list[int]:
        return [*map(ord, text)]

    def piece(self, token: int) -> bytes:
        return chr(token).encode()


TEMPLATE = ChatTemplate("{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}")
PROMPTS = PromptReader(TEMPLATE, Letters())


def _too_long(size: str, *, shortened: bool) -> HearsayError:
    reason = f"The messages are {size} tokens; shortened: {shortened}"
    return HearsayError(ErrorCode.CONTEXT_EXCEEDED, reason, "messages")


def _render(messages: Sequence[ChatMessage]) -> str:
    return PROMPTS.render(messages, {})


def _read(
    turns: int,
    policy: ContextPolicy,
    max_tokens: int | None = 20,
    summaries: Summaries | None = None,
) -> Reading:
    talk = [ChatMessage(Role.SYSTEM, "You are Boris.")]
    for turn in range(turns):
        talk += [ChatMessage(Role.USER, f"({turn})"), ChatMessage(Role.ASSISTANT, f"[{turn}]")]
    talk.append(ChatMessage(Role.USER, "now?"))
    return Reader(PROMPTS, CONTEXT, summaries or Summaries(), _too_long).read(
        talk, _render, policy, max_tokens
    )


@pytest.mark.parametrize("policy", [ContextPolicy.ERROR, ContextPolicy.TRUNCATE_OLDEST])
def test_what_fits_is_read_whole(policy: ContextPolicy) -> None:
    reading = _read(2, policy)
    assert reading.dropped == 0
    assert len(reading.tokens) == len(reading.rendered)
    assert "(0)" in reading.rendered


def test_without_a_policy_nothing_is_left_out() -> None:
    reading = _read(40, ContextPolicy.ERROR)
    assert reading.dropped == 0
    assert len(reading.tokens) > CONTEXT


def test_the_oldest_turns_are_left_out_where_the_request_says_so() -> None:
    reading = _read(40, ContextPolicy.TRUNCATE_OLDEST)
    assert len(reading.tokens) <= CONTEXT - 20
    assert reading.rendered.startswith("system: You are Boris.\n")
    assert reading.rendered.endswith("user: now?\n")
    assert reading.dropped == 81 - reading.rendered.count("\n") + 1
    assert reading.dropped % 2 == 0


@pytest.mark.parametrize("max_tokens", [None, 10_000])
def test_half_of_the_context_at_most_is_kept_for_the_reply(max_tokens: int | None) -> None:
    reading = _read(40, ContextPolicy.TRUNCATE_OLDEST, max_tokens)
    assert len(reading.tokens) <= CONTEXT // 2
    assert reading.dropped < 81


class Deaf(Letters):
    """A vocabulary whose longest token has four bytes; nothing may be read with it."""

    def tokenize(self, text: str, *, special: bool, start: bool) -> list[int]:
        raise AssertionError


@pytest.mark.parametrize("policy", ContextPolicy)
def test_what_is_too_long_by_its_bytes_alone_is_refused_unread(policy: ContextPolicy) -> None:
    prompts = PromptReader(TEMPLATE, Deaf(), longest_token=4)
    reader = Reader(prompts, CONTEXT, Summaries(), _too_long)
    talk = [ChatMessage(Role.USER, "short"), ChatMessage(Role.USER, "x" * 4 * CONTEXT)]
    with pytest.raises(HearsayError, match="are at least 402 tokens"):
        reader.read(talk[1:], _render, policy, 20)
    least = 404 if policy is ContextPolicy.ERROR else 402
    with pytest.raises(HearsayError, match=f"are at least {least} tokens"):
        reader.read(talk, _render, policy, 20)


def test_what_is_too_long_only_by_its_old_turns_is_shortened() -> None:
    prompts = PromptReader(TEMPLATE, Letters(), longest_token=1)
    reader = Reader(prompts, CONTEXT, Summaries(), _too_long)
    talk = [ChatMessage(Role.USER, "x" * 2 * CONTEXT), ChatMessage(Role.USER, "now?")]
    reading = reader.read(talk, _render, ContextPolicy.TRUNCATE_OLDEST, 20)
    assert reading.dropped == 1


class Counting(Letters):
    """Counts the characters that it has read."""

    def __init__(self) -> None:
        self.read = 0

    def tokenize(self, text: str, *, special: bool, start: bool) -> list[int]:
        self.read += len(text)
        return super().tokenize(text, special=special, start=start)


LONG = [
    ["word " * 20] * 4000,
    ["x" * CONTEXT * 1000, *["word"] * 10],
    [*["word"] * 10, "x" * CONTEXT * 1000],
]


@pytest.mark.parametrize("said", LONG, ids=["many turns", "one before", "one at last"])
@pytest.mark.parametrize("policy", [ContextPolicy.TRUNCATE_OLDEST, ContextPolicy.SUMMARIZE])
def test_of_megabytes_of_old_turns_only_what_may_stay_is_read(
    policy: ContextPolicy, said: list[str]
) -> None:
    tokenizer = Counting()
    prompts = PromptReader(TEMPLATE, tokenizer, longest_token=4)
    reader = Reader(prompts, CONTEXT, Summaries(), _too_long)
    talk = [ChatMessage(Role.USER, text) for text in [*said, "now?"]]
    reading = reader.read(talk, _render, policy, 20)
    assert reading.rendered.endswith("user: now?\n")
    assert reading.dropped == len(talk) - reading.rendered.count("\n")
    # A context of the longest tokens and its like again, some times over, instead of 400,000.
    limit = 40 * CONTEXT if policy is ContextPolicy.TRUNCATE_OLDEST else 80 * CONTEXT
    assert tokenizer.read < limit


def test_a_long_conversation_that_goes_on_drops_turns_by_the_block() -> None:
    template = ChatTemplate("{% for m in messages %}{{ m.role }}:  {{ m.content }}\n{% endfor %}")
    prompts = PromptReader(template, Letters(), longest_token=4)
    reader = Reader(prompts, CONTEXT, Summaries(), _too_long)
    turn = ChatMessage(Role.USER, "word " * 4)
    dropped = [
        reader.read(
            [turn] * count,
            lambda messages: prompts.render(messages, {}),
            ContextPolicy.TRUNCATE_OLDEST,
            20,
        ).dropped
        for count in range(400, 480)
    ]
    assert dropped == sorted(dropped)
    assert dropped[-1] - dropped[0] >= 70
    assert len(set(dropped)) < 30


def test_a_template_that_leaves_out_old_turns_loses_none_of_them() -> None:
    def last(messages: Sequence[ChatMessage]) -> str:
        return _render(messages[-2:])

    reader = Reader(
        PromptReader(TEMPLATE, Letters(), longest_token=1), CONTEXT, Summaries(), _too_long
    )
    talk = [ChatMessage(Role.USER, "x" * 1000), *[ChatMessage(Role.USER, "now?")] * 3]
    assert reader.read(talk, last, ContextPolicy.TRUNCATE_OLDEST, 20).dropped == 0


@pytest.mark.parametrize("policy", [ContextPolicy.TRUNCATE_OLDEST, ContextPolicy.SUMMARIZE])
def test_what_cannot_be_made_to_fit_is_refused_without_advice_that_was_taken(
    policy: ContextPolicy,
) -> None:
    talk = [ChatMessage(Role.USER, "old" * 9), ChatMessage(Role.USER, "x" * 600)]
    with pytest.raises(HearsayError, match="are 607 tokens; shortened: True"):
        Reader(PROMPTS, CONTEXT, Summaries(), _too_long).read(talk, _render, policy, 20)


def test_what_a_template_refuses_is_the_templates_error() -> None:
    def refuse(_: Sequence[ChatMessage]) -> str:
        raise HearsayError(ErrorCode.INVALID_REQUEST, "Roles must alternate")

    talk = [ChatMessage(Role.USER, "Hello")]
    with pytest.raises(HearsayError, match="alternate"):
        Reader(PROMPTS, CONTEXT, Summaries(), _too_long).read(
            talk, refuse, ContextPolicy.TRUNCATE_OLDEST, 20
        )


def test_what_was_left_out_is_told_in_short_once_there_was_time_for_it() -> None:
    summaries = Summaries()
    first = _read(40, ContextPolicy.SUMMARIZE, summaries=summaries)
    assert first.dropped > 0
    assert first.summarized == 0
    told = [0]
    while wishes := summaries.take_wishes():  # More than one summary can take in at once.
        summaries.put(wishes[0], "They spoke of numbers.")
        second = _read(40, ContextPolicy.SUMMARIZE, summaries=summaries)
        told.append(second.summarized)
    assert told == sorted(set(told))
    assert len(told) > 2
    assert (second.dropped, second.summarized) == (first.dropped, first.dropped)
    assert "You are Boris.\n\nWhat was said before, in short: They spoke" in second.rendered
    assert len(second.tokens) <= CONTEXT - 20
    assert summaries.take_wishes() == []


def test_a_summary_is_wished_for_before_it_is_needed() -> None:
    summaries = Summaries()
    turns = 0
    while not (wishes := summaries.take_wishes()):
        turns += 1
        _read(turns, ContextPolicy.SUMMARIZE, summaries=summaries)
    assert _read(turns, ContextPolicy.SUMMARIZE, summaries=summaries).dropped == 0
    summaries.put(wishes[0], "Numbers.")
    full = next(
        reading
        for more in range(turns, 40)
        if (reading := _read(more, ContextPolicy.SUMMARIZE, summaries=summaries)).dropped
    )
    assert full.summarized == full.dropped
    assert len(full.tokens) <= CONTEXT - SUMMARY_TOKENS
