"""OpenAI's own client for Python."""

from __future__ import annotations

from collections.abc import Iterator

import openai
from cases import run, url


def client(key: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{url()}/v1", api_key=key, max_retries=1)


def plain(key: str, model: str, text: str) -> str:
    answer = client(key).chat.completions.create(
        model=model, messages=[{"role": "user", "content": text}]
    )
    return answer.choices[0].message.content or ""


def stream(key: str, model: str, text: str) -> Iterator[str]:
    chunks = client(key).chat.completions.create(
        model=model, messages=[{"role": "user", "content": text}], stream=True
    )
    for chunk in chunks:
        yield chunk.choices[0].delta.content or ""


run("openai", plain, stream)
