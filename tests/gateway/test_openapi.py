"""What the served OpenAPI document allows and forbids is asked; no answer may be another's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.gateway.children import sidecar

EXAMPLES = 20
"""For each route and way of making them; some 800 requests in all."""

FOREIGN = (
    # JSON is asked for before anything else, so a page's POST is a 415 on every route.
    "unsupported_method",
    # A schema cannot say all: a conversation may be too long, a message may lack what its role has.
    "positive_data_acceptance",
)
"""Checks that do not fit."""


def test_every_answer_is_what_the_document_says(tmp_path: Path) -> None:
    with sidecar(tmp_path) as one:
        one.wait_loaded()
        asked = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "run", f"{one.url}/openapi.json"),
                *("--header", f"Authorization: Bearer {one.token}"),
                *("--checks", "all", "--exclude-checks", ",".join(FOREIGN)),
                *("--phases", "examples,coverage,fuzzing", "--max-examples", str(EXAMPLES)),
                # The same requests each time: what is found once is found by everybody.
                *("--generation-deterministic", "--continue-on-failure"),
                *("--suppress-health-check", "all", "--request-timeout", "20"),
            ],
            capture_output=True,
            encoding="utf-8",
            cwd=tmp_path,
            check=False,
        )
        assert asked.returncode == 0, asked.stdout + asked.stderr
        assert "Tested: 5" in asked.stdout
        assert "ERROR" not in one.log
