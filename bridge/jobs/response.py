"""A job that is done as the answer that OpenAI's clients know."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.jobs.job import Job
from bridge.protocol import MODEL_PREFIX, ChatResponse, Choice, ReplyMessage


def chat_response(job: Job, created: int, texts: Sequence[str | None]) -> ChatResponse:
    """Return the answer; `created` is in seconds since 1970, `texts` has one for each choice."""
    return ChatResponse(
        id=f"chatcmpl-{job.id}",
        created=created,
        model=job.asked.removeprefix(MODEL_PREFIX),
        choices=[
            Choice(
                index=index,
                message=ReplyMessage(content=text),
                finish_reason=choice.finished.reason,
            )
            for index, (choice, text) in enumerate(zip(job.choices, texts, strict=True))
            if choice.finished
        ],
        usage=job.usage,
    )
