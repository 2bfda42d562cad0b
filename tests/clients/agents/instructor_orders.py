"""Instructor, unchanged: typed answers by a JSON schema and by a call of a tool."""

from __future__ import annotations

import json
import sys

import instructor
from openai import OpenAI
from pydantic import BaseModel, Field

MODEL = "in-memory::hearsay/tavern"


class Order(BaseModel):
    """What a guest wants."""

    item: str = Field(max_length=12)
    count: int = Field(ge=1, le=9)


def main(url: str) -> None:
    """Ask in both ways; write what came of it as one line of JSON."""
    told: dict[str, object] = {}
    for mode in (instructor.Mode.JSON_SCHEMA, instructor.Mode.TOOLS):
        client = instructor.from_openai(
            OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0), mode=mode
        )
        order = client.chat.completions.create(
            model=MODEL,
            messages=[{"role": "user", "content": "Bring me 2 apple pies."}],
            response_model=Order,
            max_retries=0,
            max_tokens=90,
        )
        told[mode.value] = order.model_dump()
    sys.stdout.write(json.dumps(told) + "\n")


main(sys.argv[1])
