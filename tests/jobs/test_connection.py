"""A connection: hello first, then messages, each answered; what is wrong harms nobody else."""

from __future__ import annotations

import json

import pytest

from bridge import __version__
from bridge.jobs import connection as module
from bridge.jobs.connection import HELLO_SECONDS, MAX_UNREAD
from bridge.jobs.orders import FEATURES
from bridge.protocol import IDLE_SECONDS, MAX_FRAME_BYTES, MAX_JOBS
from bridge.worker.messages import Task
from tests.jobs.speaker import MODEL, House, Speaker, tags


@pytest.fixture
def speaker(house: House) -> Speaker:
    """A client that has said hello."""
    speaker = Speaker(house)
    speaker.hello()
    return speaker


def test_hello_is_answered_with_all_that_a_client_must_know(house: House) -> None:
    welcome = Speaker(house).hello(client={"name": "tavern", "engine": "godot 4.6"})
    session = welcome.pop("session")
    assert len(session) >= 32
    assert welcome == {
        "type": "welcome",
        "protocol": 1,
        "server": __version__,
        "limits": {
            "max_frame_bytes": MAX_FRAME_BYTES,
            "max_jobs": MAX_JOBS,
            "resume_seconds": 120,
            "idle_seconds": 60,
        },
        "features": [str(feature) for feature in FEATURES],
        "models": [{"id": MODEL, "aliases": ["gpt"], "state": "ready", "progress": 1.0}],
    }


def test_two_sessions_never_have_one_id(house: House) -> None:
    assert Speaker(house).hello()["session"] != Speaker(house).hello()["session"]


def test_a_newer_client_is_spoken_with_as_far_as_the_sidecar_can(house: House) -> None:
    speaker = Speaker(house)
    speaker.say("hello", protocol=99)
    assert speaker.one()["protocol"] == 1


@pytest.mark.parametrize("protocol", [0, -1])
def test_a_version_that_never_was_is_refused(house: House, protocol: int) -> None:
    speaker = Speaker(house)
    speaker.say("hello", protocol=protocol)
    assert speaker.one()["code"] == "protocol_mismatch"
    assert speaker.connection.closing == "protocol_mismatch"


@pytest.mark.parametrize("token", [None, "", "wrong", "secret2", "sécret"])
def test_a_wrong_token_ends_the_connection(house: House, token: str | None) -> None:
    speaker = Speaker(house, token="secret")
    goodbye = speaker.hello(token=token)
    assert (goodbye["type"], goodbye["code"]) == ("goodbye", "unauthorized")
    assert speaker.connection.closing == "unauthorized"
    assert len(house.sessions) == 0
    speaker.say("hello", protocol=1, token="secret")
    assert speaker.hear() == []


def test_the_right_token_opens_a_session(house: House) -> None:
    assert Speaker(house, token="secret").hello(token="secret")["type"] == "welcome"


@pytest.mark.parametrize("tag", ["submit_chat", "ping", "goodbye", "list_models", "nonsense"])
def test_whatever_comes_before_hello_ends_the_connection(house: House, tag: str) -> None:
    speaker = Speaker(house)
    if tag == "submit_chat":
        speaker.submit()
    else:
        speaker.say(tag)
    goodbye = speaker.one()
    assert goodbye["type"] == "goodbye"
    assert goodbye["code"] in {"out_of_order", "unknown_message"}
    assert house.host.submits == []


def test_random_bytes_before_hello_end_the_connection(house: House) -> None:
    speaker = Speaker(house)
    speaker.connection.receive_data(b"\xff\x00")
    assert speaker.one()["code"] == "invalid_request"
    assert speaker.connection.closing


def test_a_second_hello_is_a_fault_and_the_session_goes_on(speaker: Speaker) -> None:
    speaker.say("hello", protocol=1)
    fault = speaker.one()
    assert (fault["type"], fault["code"]) == ("fault", "out_of_order")
    speaker.say("ping", nonce="n")
    assert speaker.one() == {"type": "pong", "nonce": "n"}


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"\xff", "invalid_request"),
        (b"{}", "unknown_message"),
        (b'{"type": "sing"}', "unknown_message"),
        (b'{"type": "heard", "job": "j"}', "invalid_request"),
        (b" " * (MAX_FRAME_BYTES + 1), "too_large"),
    ],
)
def test_a_bad_frame_is_a_fault_and_the_session_goes_on(
    speaker: Speaker, frame: bytes, code: str
) -> None:
    speaker.connection.receive_data(frame)
    fault = speaker.one()
    assert (fault["type"], fault["code"]) == ("fault", code)
    assert speaker.connection.closing is None


def test_a_bad_order_is_its_jobs_failure(speaker: Speaker) -> None:
    speaker.submit("bad", temperature="hot")
    failed = speaker.one()
    assert failed["type"] == "job_failed"
    assert (failed["job"], failed["param"]) == ("bad", "request.temperature")
    assert speaker.hear() == []


def test_a_bad_order_with_the_name_of_an_open_job_is_a_fault(speaker: Speaker) -> None:
    speaker.submit("j")
    speaker.submit("j", temperature="hot")
    fault = speaker.one()
    assert (fault["type"], fault["code"]) == ("fault", "duplicate_job")


def test_a_job_is_told_from_its_start_to_its_end(speaker: Speaker) -> None:
    host = speaker.house.host
    speaker.submit("j", model="in-memory::gpt")
    assert speaker.hear() == []
    host.begin()
    assert speaker.one() == {"type": "job_started", "job": "j", "prompt_tokens": 12}
    host.write("Once")
    assert speaker.one() == {"type": "job_chunk", "job": "j", "offset": 4, "text": "Once"}
    host.write(" upon")
    host.write(" a time \N{CASTLE}")
    assert speaker.one()["offset"] == len("Once upon a time \N{CASTLE}")
    host.finish()
    done = speaker.one()
    assert done["type"] == "job_done"
    assert done["timings"] == {
        "queued_ms": 20.0,
        "prefill_ms": 1.0,
        "decode_ms": 1.0,
        "first_token_ms": 21.0,
        "tokens_per_second": 7000.0,
        "cached_tokens": 5,
        "read_tokens": 7,
        "written_tokens": 8,
    }
    response = done["response"]
    assert response["model"] == "gpt"
    assert response["object"] == "chat.completion"
    assert response["choices"][0]["message"]["content"] == "Once upon a time \N{CASTLE}"
    assert response["choices"][0]["finish_reason"] == "stop"
    assert response["usage"]["total_tokens"] == 20
    assert speaker.hear() == []


def test_news_wake_the_transport(speaker: Speaker) -> None:
    speaker.submit()
    before = speaker.wakes
    speaker.house.host.begin()
    assert speaker.wakes > before


def test_without_a_stream_only_the_end_is_told(speaker: Speaker) -> None:
    speaker.submit(stream=False)
    speaker.house.host.begin()
    speaker.house.host.write("Once")
    speaker.house.host.finish()
    assert tags(speaker.hear()) == ["job_started", "job_done"]


def test_a_failure_names_the_field_of_the_order(speaker: Speaker) -> None:
    speaker.submit(model="nope")
    failed = speaker.one()
    assert failed["code"] == "model_not_found"
    assert failed["param"] == "request.model"
    assert "nope" in failed["message"]


def test_cancelling_ends_a_job_as_cancelled(speaker: Speaker) -> None:
    speaker.submit()
    speaker.say("cancel_job", job="j")
    done = speaker.one()
    assert done["response"]["choices"][0]["finish_reason"] == "cancelled"
    speaker.say("cancel_job", job="j")
    assert speaker.hear() == []


@pytest.mark.parametrize(
    ("tag", "fields"),
    [
        ("cancel_job", {}),
        ("heard", {"characters": 1}),
        ("tool_result", {"call": "c", "content": ""}),
    ],
)
def test_what_is_about_an_unknown_job_is_a_fault(
    speaker: Speaker, tag: str, fields: dict[str, object]
) -> None:
    speaker.say(tag, job="nobody", **fields)
    fault = speaker.one()
    assert (fault["type"], fault["code"]) == ("fault", "unknown_job")
    speaker.submit()
    speaker.say(tag, **{"job": "j", **fields})
    assert "unknown_job" not in [message.get("code") for message in speaker.hear()]


def test_a_persona_is_prepared_without_text(speaker: Speaker) -> None:
    messages = [{"role": "system", "content": "You are Boris."}]
    speaker.say("prepare", job="p", model=MODEL, messages=messages)
    assert speaker.house.host.submits[0].task is Task.PREPARE
    speaker.house.host.begin()
    speaker.house.host.write("unwanted")
    speaker.house.host.finish()
    started, done = speaker.hear()
    assert started["type"] == "job_started"
    assert done["response"]["choices"][0]["message"]["content"] == ""


def test_a_prepared_model_that_is_not_there_is_named(speaker: Speaker) -> None:
    messages = [{"role": "system", "content": "You are Boris."}]
    speaker.say("prepare", job="p", model="nope", messages=messages)
    assert speaker.one()["param"] == "model"


def test_pace_is_taken_without_an_answer(speaker: Speaker) -> None:
    speaker.say("pace", mode="paused")
    assert speaker.hear() == []


def test_models_are_listed(speaker: Speaker) -> None:
    speaker.say("list_models")
    answer = speaker.one()
    assert answer["type"] == "models"
    assert [model["id"] for model in answer["models"]] == [MODEL]


def test_the_status_tells_of_models_and_of_this_sessions_characters(house: House) -> None:
    speaker, other = Speaker(house), Speaker(house)
    speaker.hello()
    other.hello()
    other.submit("x", order={"character": "ghost"})
    for job in ("a", "b"):
        speaker.submit(job, order={"character": "boris"})
        house.host.begin()
    house.host.finish()
    speaker.hear()
    speaker.say("get_status")
    status = speaker.one()
    assert status["sessions"] == 2
    assert status["memory_bytes"] > 1 << 20
    assert status["models"][0]["model"] == MODEL
    assert status["characters"] == [
        {
            "character": "boris",
            "jobs": 1,
            "open": 1,
            "prompt_tokens": 12,
            "cached_tokens": 5,
            "completion_tokens": 8,
            "queued_ms": 20.0,
            "prefill_ms": 1.0,
            "decode_ms": 1.0,
        }
    ]


def test_goodbye_ends_the_session_and_its_jobs(house: House, speaker: Speaker) -> None:
    speaker.submit()
    speaker.say("goodbye")
    assert speaker.one() == {"type": "goodbye", "code": "bye", "message": "The session has ended"}
    assert house.host.cancelled == [house.host.job]
    assert len(house.sessions) == 0
    speaker.say("ping")
    assert speaker.hear() == []
    speaker.connection.detach()
    assert house.sessions.connections == set()


def test_a_connection_that_does_not_say_hello_is_ended(house: House) -> None:
    speaker = Speaker(house)
    house.clock.now += HELLO_SECONDS
    house.sessions.sweep()
    assert speaker.connection.closing is None
    house.clock.now += 1
    house.sessions.sweep()
    assert speaker.one()["code"] == "idle"


def test_a_silent_connection_is_ended_and_a_ping_is_enough(house: House, speaker: Speaker) -> None:
    for _ in range(3):
        house.clock.now += IDLE_SECONDS
        house.sessions.sweep()
        speaker.say("ping")
        assert speaker.one()["type"] == "pong"
    house.clock.now += IDLE_SECONDS + 1
    house.sessions.sweep()
    assert speaker.one()["code"] == "idle"
    assert len(house.sessions) == 1


def test_a_flood_of_questions_without_reading_ends_the_connection(speaker: Speaker) -> None:
    for _ in range(MAX_UNREAD):
        speaker.say("ping")
    assert speaker.connection.closing != "busy"
    for _ in range(10_000):
        speaker.say("ping")
    assert speaker.connection.closing == "busy"
    heard = tags(speaker.hear())
    assert heard == ["pong"] * (MAX_UNREAD + 1) + ["goodbye"]


def test_a_flood_of_orders_is_bounded(house: House, speaker: Speaker) -> None:
    for number in range(MAX_JOBS + 5):
        speaker.submit(str(number))
    assert len(house.host.submits) == MAX_JOBS
    heard = speaker.hear()
    assert [message["code"] for message in heard] == ["busy"] * 5
    assert [message["job"] for message in heard] == [str(MAX_JOBS + n) for n in range(5)]


def test_a_bug_of_ours_is_a_fault_and_the_session_goes_on(
    speaker: Speaker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(module, "obey", broken)
    speaker.say("ping")
    assert speaker.one()["code"] == "internal"
    assert "ZeroDivisionError" in caplog.text
    assert speaker.connection.closing is None


def test_at_the_end_every_job_has_its_last_message_before_the_goodbye(
    house: House, speaker: Speaker
) -> None:
    late = Speaker(house)
    speaker.submit()
    house.host.begin()
    house.host.write("half")
    house.host.finish()
    house.sessions.say_goodbye()
    heard = speaker.hear()
    assert tags(heard) == ["job_started", "job_chunk", "job_done", "goodbye"]
    assert heard[-1]["code"] == "shutting_down"
    assert late.one()["code"] == "shutting_down"


def test_one_can_stop_reading_at_any_frame(speaker: Speaker) -> None:
    speaker.submit()
    speaker.house.host.begin()
    speaker.house.host.write("Once")
    first = json.loads(next(speaker.connection.data_to_send()))
    assert first["type"] == "job_started"
    speaker.house.host.write(" upon")
    assert speaker.one()["text"] == "Once upon"


def test_a_slip_that_was_let_pass_is_told_when_the_job_starts_and_logged(
    speaker: Speaker, caplog: pytest.LogCaptureFixture
) -> None:
    speaker.submit(temperatur=0.5)
    assert speaker.hear() == []
    speaker.house.host.begin()
    slip = "unknown field 'request.temperatur' (did you mean 'temperature'?)"
    assert speaker.one()["warnings"] == [slip]
    assert slip in caplog.text
    speaker.submit("k")
    speaker.house.host.begin()
    assert "warnings" not in speaker.one()
