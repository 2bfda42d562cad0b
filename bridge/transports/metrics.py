"""What `GET /metrics` tells: the service's jobs and what the engines count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bridge.jobs.metrics import BOUNDS, Waits
from bridge.jobs.service import Model, Service
from bridge.wire.exposition import Family, Sample, render

_COUNTED = {
    "prompt_tokens": "Tokens of prompts, read or remembered.",
    "cached_tokens": "Tokens of prompts that were remembered.",
    "completion_tokens": "Tokens written.",
}
_WAITS = {
    "first_text": "From submit to the first text.",
    "queued": "From a job's arrival at the engine to its slot.",
}
_GAUGES = {
    "running": "Replies that are being written.",
    "waiting": "Replies that wait for a slot.",
    "slots": "Conversations that can run at once.",
    "cells_used": "Cells of the context in use.",
    "cells": "Cells of the context.",
    "saved_bytes": "Main memory that the states of conversations without a slot take.",
    "pinned": "Prepared beginnings that are kept.",
}
_COUNTERS = {
    "steps": "Decode steps of the present worker.",
    "decode_seconds": "Time the present worker has spent decoding.",
    "preemptions": "Times the present worker took a reply's place for a more urgent one.",
    "restored_tokens": "Tokens the present worker had from saved states instead of reading them.",
    "guessed_tokens": "Tokens that the present worker wrote several at a step, guessed and right.",
}


def metrics_page(service: Service) -> bytes:
    """Return the page in Prometheus' text format."""
    return render([*_of_jobs(service), *_of_hosts(service.models())])


def _of_jobs(service: Service) -> Iterator[Family]:
    metrics = [({"model": model}, counted) for model, counted in service.metrics.items()]
    jobs = [
        Sample({**labels, "outcome": outcome}, count)
        for labels, counted in metrics
        for outcome, count in sorted(counted.jobs.items())
    ]
    opened = [Sample({}, service.jobs_open)]
    yield Family("hearsay_jobs_open", "gauge", "Jobs that are not over.", opened)
    yield Family("hearsay_jobs_total", "counter", "Jobs that are over, by outcome.", jobs)
    for name, text in _COUNTED.items():
        samples = [Sample(labels, getattr(counted, name)) for labels, counted in metrics]
        yield Family(f"hearsay_{name}_total", "counter", text, samples)
    for name, text in _WAITS.items():
        lines = [line for labels, counted in metrics for line in _lines(labels, counted, name)]
        yield Family(f"hearsay_{name}_seconds", "histogram", text, lines)


def _of_hosts(models: list[Model]) -> Iterator[Family]:
    hosts = [({"model": model.id}, model.host) for model in models]
    ready = [Sample(labels, host.state == "ready") for labels, host in hosts]
    restarts = [Sample(labels, host.restarts) for labels, host in hosts]
    yield Family("hearsay_model_ready", "gauge", "1 if the model can be asked.", ready)
    yield Family("hearsay_worker_restarts_total", "counter", "Workers replaced.", restarts)
    for name, text in _GAUGES.items():
        samples = [Sample(labels, getattr(host.load, name)) for labels, host in hosts]
        yield Family(f"hearsay_engine_{name}", "gauge", text, samples)
    for name, text in _COUNTERS.items():
        samples = [Sample(labels, getattr(host.load, name)) for labels, host in hosts]
        yield Family(f"hearsay_engine_{name}_total", "counter", text, samples)


def _lines(labels: Mapping[str, str], counted: object, name: str) -> Iterator[Sample]:
    waits: Waits = getattr(counted, name)
    for bound, count in zip(BOUNDS, waits.within, strict=True):
        yield Sample({**labels, "le": f"{bound:g}"}, count, "_bucket")
    yield Sample({**labels, "le": "+Inf"}, waits.count, "_bucket")
    yield Sample(labels, waits.seconds, "_sum")
    yield Sample(labels, waits.count, "_count")
