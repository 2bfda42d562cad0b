"""
The Python client: the reference for how every client of Hearsay behaves.

    async with AsyncHearsay.launch() as hearsay:
        job = await hearsay.stream_chat_completions({"model": "hearsay/tavern", "messages": […]})
        async for text in job:
            print(text, end="")

`Hearsay` is the same for programs without asyncio.
"""

from __future__ import annotations

from bridge.client.asynchronous import AsyncHearsay
from bridge.client.blocking import BlockingJob, Hearsay
from bridge.client.errors import ConnectionLostError
from bridge.client.job import Job
from bridge.client.outage import Patience
from bridge.errors import ErrorCode, HearsayError

__all__ = [
    "AsyncHearsay",
    "BlockingJob",
    "ConnectionLostError",
    "ErrorCode",
    "Hearsay",
    "HearsayError",
    "Job",
    "Patience",
]
