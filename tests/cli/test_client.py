"""The commands' HTTP client: whole replies, and every way in which one can break off."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bridge.cli.client import Client, Reply, ReplyError, message_of
from bridge.cli.failure import CommandError
from tests.cli.scripted import CUT, Pages, delta, event, scripted

CHAT = "/v1/chat/completions"
HELLO = [{"role": "user", "content": "Hello!"}]


@contextmanager
def client(pages: Pages) -> Iterator[Client]:
    with scripted(pages) as url:
        one = Client(url + "/v1/", "token")  # As an OpenAI client would name it.
        yield one
        one.close()


def read(body: str, status: int = 200) -> Reply:
    with client({CHAT: (status, body)}) as one, one.stream("tavern", HELLO) as reply:
        assert list(reply)
        return reply


def test_a_whole_reply_says_how_it_ended_and_what_it_cost() -> None:
    usage = event(choices=[], usage={"completion_tokens": 3})
    role = event(choices=[{"index": 0, "delta": {"role": "assistant"}, "finish_reason": None}])
    body = f"{role}: ping\n\n{delta('Wel')}{delta('come', 'stop')}{usage}data: [DONE]\n\n"
    reply = read(body)
    assert reply.text == "Welcome"
    assert reply.finish_reason == "stop"
    assert reply.tokens == 3
    assert reply.first_ms is not None
    assert reply.first_ms > 0
    assert reply.writing_seconds >= 0


@pytest.mark.parametrize("body", [delta("Wel"), delta("Wel") + "data: [DONE]\n\n"])
def test_a_stream_without_a_finish_reason_is_a_failure(body: str) -> None:
    with pytest.raises(ReplyError, match="broke off"):
        read(body)


def test_an_error_in_a_stream_is_told_in_its_own_words() -> None:
    with pytest.raises(ReplyError, match=r"^The worker died\.$"):
        read(delta("Wel") + event(error={"message": "The worker died"}))


def test_a_connection_that_breaks_is_a_failure() -> None:
    with pytest.raises(ReplyError, match="connection broke"):
        read(delta("Wel") + CUT)


def test_something_that_is_no_json_is_a_failure() -> None:
    with pytest.raises(ReplyError, match="no reply"):
        read("data: {half\n\n")


def test_a_refusal_is_told_in_its_own_words() -> None:
    body = json.dumps({"error": {"message": "Model 'x' not found", "param": "model"}})
    with pytest.raises(ReplyError, match="Model 'x' not found"):
        read(body, 400)


def test_a_server_that_is_no_hearsay_is_named() -> None:
    with pytest.raises(CommandError, match="is no Hearsay: status 404"):
        read("<html>not here</html>", 404)


def test_a_server_that_is_not_there_is_named() -> None:
    with scripted({}) as url:
        pass
    one = Client(url, None)
    with pytest.raises(CommandError, match="Nobody answers"):
        one.health()
    with pytest.raises(ReplyError, match="does not answer"):
        one.stream("tavern", HELLO)
    one.close()


@pytest.mark.parametrize("url", ["localhost", "ftp://localhost", "http://[", "nonsense"])
def test_an_address_that_is_none_is_an_error(url: str) -> None:
    one = Client(url, None)
    with pytest.raises(CommandError):
        one.health()
    one.close()


def test_the_first_model_is_the_one_to_speak_with() -> None:
    models = json.dumps({"data": [{"id": "in-memory::a"}, {"id": "in-memory::b"}]})
    with client({"/v1/models": (200, models)}) as one:
        assert one.first_model() == "in-memory::a"
    none = client({"/v1/models": (200, '{"data": []}')})
    with none as one, pytest.raises(CommandError, match="has no model"):
        one.first_model()
    wrong = json.dumps({"error": {"message": "Wrong or missing token"}})
    with client({"/v1/models": (401, wrong)}) as one, pytest.raises(CommandError, match="token"):
        one.first_model()


def test_an_error_without_words_is_still_a_sentence() -> None:
    assert message_of({}) == "The server failed without saying why."
    assert message_of({"error": "Busy."}) == "Busy."
