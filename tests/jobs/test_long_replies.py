"""A reply that is too long for one message is told in several."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bridge.jobs.telling import MAX_CHUNK, MAX_TEXT
from bridge.protocol import MAX_FRAME_BYTES
from tests.jobs.speaker import House, Speaker, texts


def long_reply(house: House, speaker: Speaker, text: str, **request: Any) -> list[dict[str, Any]]:
    speaker.hello()
    speaker.submit(**request)
    house.host.begin()
    house.host.write(text)
    house.host.finish()
    frames = list(speaker.connection.data_to_send())
    assert max(map(len, frames)) < MAX_FRAME_BYTES
    return [json.loads(frame) for frame in frames]


@pytest.mark.parametrize("stream", [True, False])
def test_a_reply_too_long_for_one_message_is_told_in_chunks(
    house: House, speaker: Speaker, stream: bool
) -> None:
    text = "\x01" * (MAX_TEXT + 1)  # Six bytes each in JSON.
    heard = long_reply(house, speaker, text, stream=stream)
    assert "".join(texts(heard)) == text
    assert len(texts(heard)) == MAX_TEXT // MAX_CHUNK + 1
    assert heard[-1]["response"]["choices"][0]["message"]["content"] is None


def test_the_longest_reply_that_fits_is_told_whole(house: House, speaker: Speaker) -> None:
    heard = long_reply(house, speaker, "\x01" * MAX_TEXT, stream=False)
    assert texts(heard) == []
    assert len(heard[-1]["response"]["choices"][0]["message"]["content"]) == MAX_TEXT


def test_what_every_choice_has_left_unread_is_a_part_of_the_bound(
    house: House, speaker: Speaker
) -> None:
    speaker.hello()
    speaker.submit(stream=False, n=2)
    house.host.begin()
    for index in range(2):
        house.host.write("x" * (MAX_TEXT // 2 + 1), index)
        house.host.finish(index=index)
    assert len(texts(speaker.hear())) == 4
