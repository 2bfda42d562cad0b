"""Thinking, calls and probabilities are told once each, whatever drops and whenever."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.errors import ErrorCode
from bridge.jobs import telling
from bridge.protocol import FinishReason, TokenLogprob, TopLogprob
from bridge.worker.messages import CallWritten, Wrote
from tests.jobs.speaker import House, Speaker, tags

DOOR = {"type": "function", "function": {"name": "open_door"}}


def score(token: str) -> TokenLogprob:
    raw = list(token.encode())
    return TokenLogprob(
        token=token, logprob=-0.5, bytes=raw, top_logprobs=[TopLogprob(token, -0.5, raw)]
    )


def write(house: House, text: str = "", reasoning: str = "") -> None:
    scores = [score(text)] if text else []
    told = Wrote(house.host.job, 0, [1], text, reasoning, [], scores, [True] * len(scores))
    house.host._say(told)


def call(house: House, *names: str) -> None:
    calls = [CallWritten(number, name, "{}") for number, name in enumerate(names)]
    house.host._say(Wrote(house.host.job, 0, [1], "", "", calls))
    house.host.finish(FinishReason.TOOL_CALLS)


def opened(**request: Any) -> tuple[House, Speaker, str]:
    house = House()
    speaker = Speaker(house)
    session = speaker.hello()["session"]
    speaker.submit(**request)
    house.host.begin()
    return house, speaker, session


WRITES = st.lists(
    st.tuples(st.sampled_from(["text", "reasoning", "drop"]), st.text("aé🐉", min_size=1)),
    max_size=9,
)


class Heard:
    """What a client knows of a job."""

    def __init__(self) -> None:
        self.texts = {False: "", True: ""}
        self.tokens: list[str] = []

    def take(self, messages: list[dict[str, Any]]) -> None:
        for message in messages:
            if message["type"] == "job_chunk":
                kind = message.get("reasoning", False)
                self.texts[kind] += message["text"]
                assert message["offset"] == len(self.texts[kind])
                told = message.get("logprobs") or {"content": []}
                self.tokens += [each["token"] for each in told["content"]]

    def resume(self, house: House, session: str) -> Speaker:
        """Come back over a new connection with what is known."""
        speaker = Speaker(house)
        offsets = {name: [len(self.texts[kind])] for name, kind in OFFSETS.items()}
        resume = {"session": session, "seen": [{"job": "j", **offsets}]}
        speaker.say("hello", protocol=1, resume=resume)
        return speaker


OFFSETS = {"offsets": False, "reasoning_offsets": True}


@settings(deadline=None)
@given(WRITES)
def test_whatever_drops_each_kind_of_text_is_whole(writes: list[tuple[str, str]]) -> None:
    house, speaker, session = opened(logprobs=True)
    heard = Heard()
    for kind, text in writes:
        if kind == "drop":
            # Some of what was sent is on its way when the connection breaks.
            sent = speaker.hear()
            heard.take(sent[: len(sent) // 2])
            speaker = heard.resume(house, session)
        else:
            write(house, **{kind: text})
    house.host.finish()
    messages = speaker.hear()
    heard.take(messages)
    written = {kind: [text for of, text in writes if of == kind] for kind in ("text", "reasoning")}
    assert heard.texts == {False: "".join(written["text"]), True: "".join(written["reasoning"])}
    assert heard.tokens == written["text"]
    choice = messages[-1]["response"]["choices"][0]
    assert choice["message"].get("reasoning_content", "") == heard.texts[True]
    assert [each["token"] for each in choice["logprobs"]["content"]] == heard.tokens


def test_a_call_is_told_and_answered_and_the_job_goes_on() -> None:
    house, speaker, _ = opened(tools=[DOOR])
    write(house, "At once.")
    call(house, "open_door")
    messages = speaker.hear()
    assert tags(messages) == ["job_started", "job_chunk", "job_tool_call"]
    told = messages[-1]["call"]
    assert (told["name"], told["arguments"]) == ("open_door", "{}")
    speaker.say("tool_result", job="j", call=told["id"], content="opened")
    assert len(house.host.submits) == 2
    house.host.begin()
    write(house, "Open.")
    house.host.finish()
    chunk, done = speaker.hear()
    assert chunk["offset"] == len("At once.\n\nOpen.")
    message = done["response"]["choices"][0]["message"]
    assert message["content"] == "At once.\n\nOpen."
    assert "tool_calls" not in message


def test_a_call_that_nobody_has_answered_is_told_again_after_a_drop() -> None:
    house, speaker, session = opened(tools=[DOOR])
    call(house, "open_door", "open_door")
    first, second = (message["call"] for message in speaker.hear()[1:])
    speaker.say("tool_result", job="j", call=first["id"], content="opened")
    again = Speaker(house)
    messages = again.resume(session, j=[0])
    assert [m["call"]["id"] for m in messages if m["type"] == "job_tool_call"] == [second["id"]]


def test_a_call_of_a_job_that_is_not_streamed_is_told_too() -> None:
    house, speaker, _ = opened(tools=[DOOR], stream=False)
    write(house, "At once.")
    call(house, "open_door")
    assert tags(speaker.hear()) == ["job_started", "job_tool_call"]


def test_a_result_for_a_job_that_is_not_known_is_a_fault() -> None:
    house = House()
    speaker = Speaker(house)
    speaker.hello()
    speaker.say("tool_result", job="x", call="y", content="z")
    assert speaker.one()["code"] == ErrorCode.UNKNOWN_JOB


def test_a_result_that_comes_too_late_is_ignored() -> None:
    house, speaker, _ = opened()
    house.host.finish()
    speaker.hear()
    speaker.say("tool_result", job="j", call="y", content="z")
    assert speaker.hear() == []


def test_a_tool_that_is_silent_for_too_long_ends_its_job() -> None:
    house, speaker, _ = opened(tools=[DOOR], order={"tool_timeout_ms": 3000})
    call(house, "open_door")
    speaker.hear()
    house.clock.now += 3
    house.sessions.sweep()
    [done] = speaker.hear()
    choice = done["response"]["choices"][0]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["tool_calls"][0]["function"]["name"] == "open_door"
    assert choice["message"]["content"] is None


def test_more_thinking_than_was_written_cannot_have_been_seen() -> None:
    house, _, session = opened()
    write(house, reasoning="Hm")
    again = Speaker(house)
    seen = {"job": "j", "offsets": [0], "reasoning_offsets": [3]}
    again.say("hello", protocol=1, resume={"session": session, "seen": [seen]})
    assert again.one()["code"] == ErrorCode.INVALID_REQUEST


def test_probabilities_that_would_not_fit_are_told_in_chunks_alone(monkeypatch: Any) -> None:
    monkeypatch.setattr(telling, "MAX_SCORES", 2)
    monkeypatch.setattr(telling, "MAX_TEXT", 4 * telling.SCORE_WEIGHT)
    house, speaker, _ = opened(logprobs=True, top_logprobs=1, stream=False)
    for letter in "abcde":
        write(house, letter)
    house.host.finish()
    *chunks, done = speaker.hear()[1:]
    assert [chunk["text"] for chunk in chunks] == ["ab", "cd", "e"]
    assert [len(chunk["logprobs"]["content"]) for chunk in chunks] == [2, 2, 1]
    choice = done["response"]["choices"][0]
    assert (choice["logprobs"], choice["message"]["content"]) == (None, None)
