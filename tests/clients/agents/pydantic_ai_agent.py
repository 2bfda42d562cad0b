"""Agents of pydantic-ai, unchanged: a loop with tools, streamed too, and a typed answer."""

from __future__ import annotations

import asyncio
import json
import sys

from pydantic import BaseModel, Field
from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

MODEL = "in-memory::hearsay/tavern"


class Order(BaseModel):
    """What a guest wants."""

    item: str = Field(max_length=12)
    count: int = Field(ge=1, le=9)


async def main(url: str, scripted: bool) -> None:
    """Run the agents; write what came of them as one line of JSON."""
    model = OpenAIChatModel(MODEL, provider=OpenAIProvider(base_url=f"{url}/v1", api_key="none"))
    told: dict[str, object] = {}
    if scripted:
        opened: list[str] = []
        agent = Agent(model, system_prompt="You are a guard.")

        @agent.tool_plain
        def open_door(door: str) -> str:
            """Open a door."""
            opened.append(door)
            return f"{door} is open"

        told["plain"] = (await agent.run("Open the north gate.")).output
        async with agent.run_stream("Open the north gate.") as stream:
            told["stream"] = "".join([text async for text in stream.stream_text(delta=True)])
        told["opened"] = opened
    else:
        typed = Agent(model, output_type=Order, retries=3)
        order = (
            await typed.run("Bring me 2 apple pies.", model_settings={"max_tokens": 90})
        ).output
        told["typed"] = order.model_dump()
    sys.stdout.write(json.dumps(told) + "\n")


asyncio.run(main(sys.argv[1], "scripted" in sys.argv))
