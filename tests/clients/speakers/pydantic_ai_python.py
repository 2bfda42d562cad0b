"""Pydantic AI's agent over OpenAI's chat."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from cases import run, url
from openai import AsyncOpenAI
from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider


def agent(key: str, model: str) -> Agent:
    client = AsyncOpenAI(base_url=f"{url()}/v1", api_key=key, max_retries=1)
    return Agent(OpenAIChatModel(model, provider=OpenAIProvider(openai_client=client)))


def plain(key: str, model: str, text: str) -> str:
    return asyncio.run(agent(key, model).run(text)).output


def stream(key: str, model: str, text: str) -> Iterator[str]:
    pieces: list[str] = []

    async def listen() -> None:
        async with agent(key, model).run_stream(text) as result:
            async for piece in result.stream_text(delta=True, debounce_by=None):
                pieces.append(piece)

    try:
        asyncio.run(listen())
    finally:
        yield from pieces


run("pydantic_ai", plain, stream)
