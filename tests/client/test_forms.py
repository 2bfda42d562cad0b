"""Values and sentences of a reply reach a Python program as they are complete, once each."""

from __future__ import annotations

from typing import Any

from bridge.client import AsyncHearsay
from bridge.protocol import JobField, JobSentence
from tests.client.serving import REQUEST, TOKEN, Serving
from tools.conformance.proxy import proxy

JSON: dict[str, Any] = {**REQUEST, "response_format": {"type": "json_object"}}


async def test_fields_come_once_each_also_over_a_drop(sidecar: Serving) -> None:
    async with (
        proxy(sidecar.url("websocket")) as between,
        AsyncHearsay.connect(between.url, token=TOKEN) as client,
    ):
        job = await client.stream_chat_completions(JSON, field_events=True)
        await sidecar.host.until(lambda: sidecar.host.submits)
        sidecar.host.begin()
        sidecar.host.write('{"mood": "glad", "says": "Well')
        events = job.events()
        told = [await anext(events) for _ in range(3)]
        assert isinstance(told[2], JobField)
        assert (told[2].path, told[2].value) == ("/mood", "glad")
        client.drop()
        sidecar.host.write(' met!"}')
        sidecar.host.finish()
        rest = [event async for event in events if isinstance(event, JobField)]
        assert [(each.path, each.value) for each in rest] == [("/says", "Well met!")]


async def test_sentences_come_as_they_end(sidecar: Serving) -> None:
    async with AsyncHearsay.connect(sidecar.url("websocket"), token=TOKEN) as client:
        job = await client.stream_chat_completions(REQUEST, sentence_events=True)
        await sidecar.host.until(lambda: sidecar.host.submits)
        sidecar.host.begin()
        sidecar.host.write("Well met! Come in. ")
        sidecar.host.write("Sit")
        sidecar.host.finish()
        told = [event.text async for event in job.events() if isinstance(event, JobSentence)]
        assert told == ["Well met!", "Come in.", "Sit"]
        assert "sentence_events" in client.features
