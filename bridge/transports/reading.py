"""Long messages are read beside the event loop, so that nobody's stream waits for them."""

from __future__ import annotations

import asyncio

from bridge.jobs.connection import Connection

LONG = 1 << 15
"""Bytes that are read in a millisecond or so; a schema of 9,000 words takes 50."""


async def receive(connection: Connection, frame: bytes) -> None:
    """Take in one frame of a connection; the next one has to wait for it."""
    if len(frame) <= LONG:
        connection.receive_data(frame)
    else:
        connection.take(await asyncio.to_thread(connection.decode, frame))
