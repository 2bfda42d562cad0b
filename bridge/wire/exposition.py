"""
Prometheus' text format.

Written by hand: it is two kinds of lines, and the client library keeps a registry of its own
that would have to be fed with what the service counts anyway.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Sample(NamedTuple):
    """One line: a value under a name's suffix and labels."""

    labels: Mapping[str, str]
    value: float
    suffix: str = ""


class Family(NamedTuple):
    """All samples of one name."""

    name: str
    kind: Literal["counter", "gauge", "histogram", "summary"]
    help: str
    samples: Iterable[Sample]


def render(families: Iterable[Family]) -> bytes:
    """Return the families as a page."""
    lines: list[str] = []
    for family in families:
        lines += (
            f"# HELP {family.name} {family.help}",
            f"# TYPE {family.name} {family.kind}",
        )
        lines += (_line(family.name, sample) for sample in family.samples)
    return "".join(f"{line}\n" for line in lines).encode()


def _line(name: str, sample: Sample) -> str:
    labels = ",".join(f'{key}="{_escape(value)}"' for key, value in sample.labels.items())
    return f"{name}{sample.suffix}{f'{{{labels}}}' if labels else ''} {float(sample.value):.15g}"


def _escape(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
