"""LangChain's model of OpenAI's chat."""

from __future__ import annotations

from collections.abc import Iterator

from cases import run, url
from langchain_openai import ChatOpenAI


def chat(key: str, model: str) -> ChatOpenAI:
    return ChatOpenAI(base_url=f"{url()}/v1", api_key=key, model=model, max_retries=1)


def plain(key: str, model: str, text: str) -> str:
    return str(chat(key, model).invoke(text).content)


def stream(key: str, model: str, text: str) -> Iterator[str]:
    for chunk in chat(key, model).stream(text):
        yield str(chunk.content)


run("langchain", plain, stream)
