"""Metrics are written in Prometheus' text form."""

from __future__ import annotations

from bridge.wire.exposition import Family, Sample, render


def test_a_family_is_a_head_and_a_line_per_sample() -> None:
    samples = [Sample({"model": "a"}, 3), Sample({"model": "b", "le": "0.5"}, 0.25, "_bucket")]
    assert render([Family("jobs", "counter", "All jobs.", samples)]).decode() == (
        "# HELP jobs All jobs.\n"
        "# TYPE jobs counter\n"
        'jobs{model="a"} 3\n'
        'jobs_bucket{model="b",le="0.5"} 0.25\n'
    )


def test_a_label_cannot_break_out_of_its_quotes() -> None:
    page = render([Family("x", "gauge", "X.", [Sample({"model": 'a"\\\n'}, 1)])]).decode()
    assert page.endswith('x{model="a\\"\\\\\\n"} 1\n')


def test_a_sample_without_labels_has_no_braces() -> None:
    assert render([Family("x", "gauge", "X.", [Sample({}, True)])]).endswith(b"\nx 1\n")
