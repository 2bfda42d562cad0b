"""The pipes between gateway and worker, with real pipes and a real process."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from typing import IO

import pytest

from bridge.worker.link import Ear, Frames, Inbox, Outbox, write
from bridge.worker.messages import Cancel, Command, LoadFailed, Release, Report, pack
from tests.worker.gateway import Gateway

PATIENCE_SECONDS = 30.0
LARGE = Cancel("j" * (5 << 20))
"""Eighty times as much as a pipe holds."""


def pipe() -> tuple[IO[bytes], IO[bytes]]:
    reading, writing = os.pipe()
    return os.fdopen(reading, "rb"), os.fdopen(writing, "wb")


@pytest.mark.parametrize("size", [1, 7, 1 << 16])
def test_a_message_is_whole_however_its_bytes_come(size: int) -> None:
    sent: list[Command] = [Cancel("a"), LARGE if size > 1000 else Cancel("b"), Release("c")]
    data = b"".join(pack(each) for each in sent)
    frames: Frames[Command] = Frames(Command)
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    assert [found for piece in pieces for found in frames.feed(piece)] == sent


@pytest.mark.parametrize("piece", [b"\xc1", b"\xff", pack(LoadFailed("a report"))])
def test_what_is_no_message_is_an_error(piece: bytes) -> None:
    frames: Frames[Command] = Frames(Command)
    with pytest.raises(ValueError, match=r"."):
        list(frames.feed(piece))


def test_an_inbox_gives_in_order_what_a_pipe_brought() -> None:
    reading, writing = pipe()
    with reading, writing:
        inbox = Inbox()
        listener = threading.Thread(target=inbox.listen, args=(reading.fileno(),))
        listener.start()
        write(writing.fileno(), pack(Cancel("a")) + pack(LARGE))
        assert inbox.take(PATIENCE_SECONDS) == Cancel("a")
        assert inbox.take(PATIENCE_SECONDS) == LARGE
        writing.close()
        listener.join(PATIENCE_SECONDS)
        assert not listener.is_alive()
    assert inbox.take(0) is None
    assert inbox.take(0.001) is None
    assert not inbox.closed


def test_a_closed_inbox_gives_what_it_has_first() -> None:
    inbox = Inbox()
    inbox.put(Cancel("a"))
    inbox.close()
    assert inbox.take(0) == Cancel("a")
    assert not inbox.closed
    assert inbox.take(0) is None
    assert inbox.closed


def test_an_outbox_never_waits_for_its_reader() -> None:
    reading, writing = pipe()
    outbox = Outbox(writing)
    outbox.send(pack(LARGE))
    outbox.send(pack(Cancel("a")))
    outbox.close()
    frames: Frames[Command] = Frames(Command)
    with reading:
        found = [
            each for piece in iter(lambda: reading.read(4096), b"") for each in frames.feed(piece)
        ]
    assert found == [LARGE, Cancel("a")]
    outbox.join(PATIENCE_SECONDS)
    assert writing.closed
    assert not outbox.broken


def test_an_outbox_without_a_reader_says_so_and_ends() -> None:
    reading, writing = pipe()
    reading.close()
    outbox = Outbox(writing)
    outbox.send(pack(Cancel("a")))
    outbox.close()
    outbox.join(PATIENCE_SECONDS)
    assert outbox.broken
    assert writing.closed


@pytest.mark.parametrize("beside", [False, True])
async def test_an_ear_hears_all_on_the_loop_and_closes_its_pipe(beside: bool) -> None:
    reading, writing = pipe()
    loop_thread = threading.get_ident()
    frames: Frames[Report] = Frames(Report)
    found: list[Report] = []
    heard, ended = asyncio.Event(), asyncio.Event()

    def hear(piece: bytes) -> None:
        assert threading.get_ident() == loop_thread
        found.extend(frames.feed(piece))
        (heard if piece else ended).set()

    ear = Ear(reading, hear, beside=beside)
    async with asyncio.timeout(PATIENCE_SECONDS):
        write(writing.fileno(), pack(LoadFailed("first")))
        await heard.wait()
        write(writing.fileno(), pack(LoadFailed("second")))
        writing.close()
        await ended.wait()
    assert found == [LoadFailed("first"), LoadFailed("second")]
    ear.close()  # Once more does no harm.
    assert beside or reading.closed


async def test_an_ear_that_is_closed_hears_no_more() -> None:
    reading, writing = pipe()
    with writing:
        ear = Ear(reading, lambda _: pytest.fail("it was closed"), beside=False)
        write(writing.fileno(), b"late")
        ear.close()
        assert reading.closed
        await asyncio.sleep(0)


def test_what_a_library_prints_in_a_worker_is_no_report() -> None:
    script = (
        "import os\n"
        "from bridge.worker.link import take_output\n"
        "from bridge.worker.messages import LoadFailed\n"
        "send = take_output()\n"
        "print('printed', flush=True)\n"
        "os.write(1, b'written')\n"
        "send(LoadFailed('said'))\n"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, check=True, timeout=PATIENCE_SECONDS)
    frames: Frames[Report] = Frames(Report)
    assert list(frames.feed(done.stdout)) == [LoadFailed("said")]
    assert b"printed" in done.stderr
    assert b"written" in done.stderr


def test_a_worker_that_nobody_hears_ends_by_itself() -> None:
    script = (
        "from bridge.worker.link import take_output\n"
        "from bridge.worker.messages import LoadFailed\n"
        "send = take_output()\n"
        "while True: send(LoadFailed('to nobody'))\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert process.stdout
    process.stdout.close()
    assert process.wait(PATIENCE_SECONDS) == 0


async def test_a_worker_that_says_nonsense_is_replaced_and_its_jobs_go_on() -> None:
    async with Gateway() as gateway:
        await gateway.supervisor.wait_ready()
        child = gateway.supervisor._child
        assert child
        gateway.submit("a")
        child._hear(b"\xc1")
        await gateway.all_over()
        assert gateway.supervisor.restarts == 1
        assert gateway.finished("a")
