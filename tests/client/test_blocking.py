"""The client for programs without asyncio."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager

import pytest

from bridge.client import ConnectionLostError, ErrorCode, Hearsay, HearsayError
from bridge.client.blocking import wait_for
from bridge.jobs.characters import State, seal
from bridge.protocol import FinishReason, JobChunk
from tests.client.serving import MODEL, REQUEST, TOKEN, serving
from tests.jobs.scripted_host import ScriptedHost

WORDS = ["Once ", "upon ", "a time."]


@contextmanager
def elsewhere(words: list[str] | None) -> Iterator[str]:
    """Serve from a thread of its own; yields the address."""
    loop = asyncio.new_event_loop()
    opened = threading.Event()
    closing = asyncio.Event()
    url = ""

    async def serve() -> None:
        nonlocal url
        async with serving(ScriptedHost(words)) as one:
            url = one.websocket
            opened.set()
            await closing.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert opened.wait(10)
        yield url
    finally:
        loop.call_soon_threadsafe(closing.set)
        thread.join(10)
        loop.close()


def test_a_wait_in_slices_is_a_wait() -> None:
    future: Future[str] = Future()
    with pytest.raises(TimeoutError):
        wait_for(future, 0.01, sliced=True)
    threading.Timer(0.05, future.set_result, ("there",)).start()
    assert wait_for(future, None, sliced=True) == "there"
    broken: Future[str] = Future()
    broken.set_exception(ValueError("no"))
    with pytest.raises(ValueError, match="no"):
        wait_for(broken, None, sliced=True)


def test_streams_and_replies_are_waited_for() -> None:
    with elsewhere(WORDS) as url, Hearsay.connect(url, token=TOKEN) as hearsay:
        job = hearsay.stream_chat_completions(REQUEST, character="boris")
        assert "".join(job) == "".join(WORDS)
        assert job.done
        response = hearsay.async_chat_completions(REQUEST, job="mine").result()
        assert response.choices[0].message.content == "".join(WORDS)
        events = list(hearsay.stream_chat_completions(REQUEST).events())
        assert "".join(each.text for each in events if isinstance(each, JobChunk)) == job.text
        prepared = hearsay.prepare(MODEL, [{"role": "user", "content": "Hello"}])
        prepared.result(5)
        hearsay.release(prepared.id)
        assert hearsay.status().sessions == 1
        assert hearsay.models()[0].id == MODEL
        assert "replace" in hearsay.features
        assert "deadline" in hearsay.features


def test_a_job_is_taken_back_and_its_wait_may_end() -> None:
    with elsewhere(None) as url, Hearsay.connect(url, token=TOKEN) as hearsay:
        job = hearsay.stream_chat_completions(REQUEST)
        with pytest.raises(TimeoutError):
            job.result(0.05)
        job.cancel()
        assert job.result(5).choices[0].finish_reason is FinishReason.CANCELLED
        hearsay.cancel(job.id)
        hearsay.heard(job.id, 3)
        hearsay.tool_result(job.id, "1", "nothing")
        hearsay.pace("full")
        hearsay.load_model(MODEL)
        hearsay.unload_model(MODEL)
        hearsay.load_character("boris", seal(State()))
        hearsay.load_character("boris", hearsay.save_character("boris"))
        with pytest.raises(HearsayError) as error:
            hearsay.load_character("boris", "…")
        assert error.value.param == "state"


def test_what_cannot_be_opened_leaves_no_thread() -> None:
    before = threading.active_count()
    with elsewhere(WORDS) as url, pytest.raises(HearsayError) as error:
        Hearsay.connect(url, token="wrong").open()
    assert error.value.code is ErrorCode.UNAUTHORIZED
    assert threading.active_count() <= before + 1  # The pool of the test's own loops.


def test_closing_ends_what_is_open() -> None:
    with elsewhere(None) as url:
        hearsay = Hearsay.connect(url, token=TOKEN).open()
        job = hearsay._client
        hearsay.stream_chat_completions(REQUEST)
        hearsay.close()
        assert job._core.lost
        assert isinstance(job._core.lost, ConnectionLostError)


def test_a_client_that_is_not_open_says_so() -> None:
    client = Hearsay.connect("http://127.0.0.1:1")
    with pytest.raises(ConnectionLostError, match="with"):
        client.stream_chat_completions(REQUEST)
    client.close()


def test_what_came_of_a_job_can_be_asked_after_its_client_was_closed() -> None:
    with elsewhere(WORDS) as url, Hearsay.connect(url, token=TOKEN) as hearsay:
        whole = hearsay.stream_chat_completions(REQUEST)
        whole.result(10)
    assert whole.result(1).choices[0].message.content
    assert list(whole) == WORDS
    with elsewhere(None) as url, Hearsay.connect(url, token=TOKEN) as hearsay:
        cut = hearsay.stream_chat_completions(REQUEST)
    with pytest.raises(ConnectionLostError):
        cut.result(1)
