"""LiteLLM, which speaks with many services in OpenAI's words."""

from __future__ import annotations

import os
from collections.abc import Iterator

from cases import run, url

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # Else it fetches one from the network.

import litellm

litellm.suppress_debug_info = True


def ask(key: str, model: str, text: str, *, streams: bool) -> litellm.ModelResponse:
    return litellm.completion(
        model=f"openai/{model}",
        api_base=f"{url()}/v1",
        api_key=key,
        max_retries=1,
        stream=streams,
        messages=[{"role": "user", "content": text}],
    )


def plain(key: str, model: str, text: str) -> str:
    return ask(key, model, text, streams=False).choices[0].message.content or ""


def stream(key: str, model: str, text: str) -> Iterator[str]:
    for chunk in ask(key, model, text, streams=True):
        yield chunk.choices[0].delta.content or ""


run("litellm", plain, stream)
