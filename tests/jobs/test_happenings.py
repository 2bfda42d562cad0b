"""Fields and sentences of a reply, over our own protocol."""

from __future__ import annotations

from typing import Any

from bridge.protocol import FinishReason
from tests.jobs.speaker import House, Speaker, tags

JSON = {"response_format": {"type": "json_object"}}


def begin(**order: Any) -> tuple[House, Speaker, str]:
    house = House()
    speaker = Speaker(house)
    session = speaker.hello()["session"]
    request = order.pop("request", {})
    speaker.submit("j", order=order, **request)
    house.host.begin()
    return house, speaker, session


def test_the_features_are_told() -> None:
    welcome = Speaker(House()).hello()
    assert {"response_format", "field_events", "sentence_events"} <= set(welcome["features"])


def test_a_field_is_told_as_soon_as_it_is_complete() -> None:
    house, speaker, _ = begin(field_events=True, request=JSON)
    house.host.write('{"mood": "glad", "sa')
    messages = speaker.hear()
    assert tags(messages) == ["job_started", "job_chunk", "job_field"]
    assert messages[2] == {"type": "job_field", "job": "j", "path": "/mood", "value": "glad"}
    house.host.write('y": "Well met"}')
    assert tags(speaker.hear()) == ["job_chunk", "job_field"]
    house.host.finish()
    assert tags(speaker.hear()) == ["job_done"]


def test_fields_are_told_of_a_reply_that_is_not_streamed_and_of_every_choice() -> None:
    house, speaker, _ = begin(field_events=True, request={**JSON, "stream": False, "n": 2})
    house.host.write('{"a": 1}', 1)
    house.host.write('{"a": 2, ', 0)
    told = [message for message in speaker.hear() if message["type"] == "job_field"]
    assert [(each.get("index", 0), each["value"]) for each in told] == [(0, 2), (1, 1)]


def test_sentences_are_told_and_the_last_one_at_the_end() -> None:
    house, speaker, _ = begin(sentence_events=True)
    house.host.write("Well met! Come ")
    house.host.write("in")
    house.host.finish(reason=FinishReason.LENGTH)
    told = [each for each in speaker.hear() if each["type"] == "job_sentence"]
    assert [(each["number"], each["text"]) for each in told] == [(0, "Well met!"), (1, "Come in")]


def test_nothing_is_told_unasked_or_of_the_other_kind() -> None:
    for order in ({}, {"field_events": True}, {"sentence_events": True, "request": JSON}):
        house, speaker, _ = begin(**order)
        house.host.write('{"a": "Well met! Come in."}\n')
        house.host.finish()
        assert tags(speaker.hear()) == ["job_started", "job_chunk", "job_done"]


def test_what_was_lost_with_a_connection_is_told_again() -> None:
    house, speaker, session = begin(field_events=True, request=JSON)
    house.host.write('{"a": 1, "b": 2')
    speaker.hear()
    speaker.connection.detach()
    house.host.write("}")
    again = Speaker(house)
    told = [each for each in again.resume(session, j=[15]) if each["type"] == "job_field"]
    assert [each["path"] for each in told] == ["/a", "/b"]
