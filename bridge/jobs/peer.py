"""The other end as the sidecar sees it: a dialect, its running jobs and an outbox."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from bridge.jobs.choice import Choice
from bridge.jobs.job import Job
from bridge.jobs.service import Service
from bridge.protocol import DeltaToolCall, FunctionDelta
from bridge.wire.dialect import Dialect, Order, Reply


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
        self.take(self._dialect.receive_data(data))

    def take(self, orders: Iterable[Order]) -> None:
        """Start the jobs of a message that the dialect has read; never raises."""
        for order in orders:
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
        self._reasoned = [0] * len(job.choices)
        self._called: list[list[int]] = [[] for _ in job.choices]
        self._told_end = [False] * len(job.choices)

    def news(self) -> Iterator[bytes]:
        """Yield what is new; the last message only once."""
        if self.job.started and not self._told_start:
            self._told_start = True
            yield self._reply.started(self.job.id, self.job.dropped)
        for index in range(len(self._offsets)):
            yield from self._news_of_choice(index)
        if self.job.done:
            self.over = True
            error = self.job.error
            if error:
                yield self._reply.failed(error)
            else:
                yield self._reply.done(self.job.usage, self.job.timings)

    def _news_of_choice(self, index: int) -> Iterator[bytes]:
        choice = self.job.choices[index]
        if thought := choice.reasoning.read(self._reasoned[index]):
            self._reasoned[index] += len(thought)
            yield self._reply.reasoned(index, thought)
        if text := choice.read(begin := self._offsets[index]):
            self._offsets[index] += len(text)
            scores = choice.logprobs(begin) if self.job.tells_logprobs else None
            yield self._reply.wrote(index, text, scores)
        yield from self._news_of_calls(index, choice)
        if choice.reason and not self._told_end[index]:
            self._told_end[index] = True
            yield self._reply.finished(index, choice.reason)

    def _news_of_calls(self, index: int, choice: Choice) -> Iterator[bytes]:
        told = self._called[index]
        for number, call in enumerate(choice.calls):
            if number == len(told):
                told.append(0)
                function = FunctionDelta(name=call.name)
                begun = DeltaToolCall(index=number, id=call.id, type="function", function=function)
                yield self._reply.called(index, begun)
            if arguments := call.arguments.read(told[number]):
                told[number] += len(arguments)
                more = DeltaToolCall(index=number, function=FunctionDelta(arguments=arguments))
                yield self._reply.called(index, more)


def _nobody() -> None:
    """Take the place of a client that has left."""
