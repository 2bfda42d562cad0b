"""The other end as the sidecar sees it: a dialect, its running jobs and an outbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bridge.jobs.job import Job
from bridge.jobs.service import Service
from bridge.wire.dialect import Dialect, Reply


class Peer:
    """
    What a transport holds: bytes in, bytes out, no sockets.

    `wake` is called in the event loop when there may be something to send. What a slow client
    has not read yet stays joined in its jobs, so an outbox is never larger than the replies.
    """

    def __init__(self, service: Service, dialect: Dialect, wake: Callable[[], None]) -> None:
        self._service = service
        self._dialect = dialect
        self._wake = wake
        self._deliveries: list[Delivery] = []

    @property
    def idle(self) -> bool:
        """Whether every job has had its last message."""
        return not self._deliveries

    def receive_data(self, data: bytes) -> None:
        """Take in a client's message; never raises."""
        for order in self._dialect.receive_data(data):
            job = self._service.submit(order.request, self._wake)
            self._deliveries.append(Delivery(job, order.reply))

    def data_to_send(self) -> Iterator[bytes]:
        """Yield what the client does not know yet, each piece once."""
        if said := self._dialect.data_to_send():
            yield said
        for delivery in self._deliveries:
            yield from filter(None, delivery.news())
        self._deliveries = [delivery for delivery in self._deliveries if not delivery.over]

    def detach(self) -> None:
        """Forget the client and cancel what it was waiting for."""
        for delivery in self._deliveries:
            delivery.job.wake = _nobody
            self._service.cancel(delivery.job)
        self._deliveries = []


class Delivery:
    """How much of a job its client has been told."""

    def __init__(self, job: Job, reply: Reply) -> None:
        self.job = job
        self.over = False
        self._reply = reply
        self._told_start = False
        self._offsets = [0] * len(job.choices)
        self._told_end = [False] * len(job.choices)

    def news(self) -> Iterator[bytes]:
        """Yield what is new; the last message only once."""
        if self.job.started and not self._told_start:
            self._told_start = True
            yield self._reply.started(self.job.id)
        for index in range(len(self._offsets)):
            yield from self._news_of_choice(index)
        if self.job.done:
            self.over = True
            error = self.job.error
            yield self._reply.failed(error) if error else self._reply.done(self.job.usage)

    def _news_of_choice(self, index: int) -> Iterator[bytes]:
        choice = self.job.choices[index]
        if text := choice.read(self._offsets[index]):
            self._offsets[index] += len(text)
            yield self._reply.wrote(index, text)
        if choice.reason and not self._told_end[index]:
            self._told_end[index] = True
            yield self._reply.finished(index, choice.reason)


def _nobody() -> None:
    """Take the place of a client that has left."""
