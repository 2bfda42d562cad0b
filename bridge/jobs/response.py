"""A job that is done as the answer that OpenAI's clients know."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UNSET

from bridge.jobs import choice as jobs
from bridge.jobs.job import Job
from bridge.protocol import (
    MODEL_PREFIX,
    ChatResponse,
    Choice,
    FinishReason,
    FunctionCall,
    Logprobs,
    MessageToolCall,
    ReplyMessage,
)

WAITING = (FinishReason.TOOL_CALLS, FinishReason.LENGTH)
"""With these, the calls of the last round are still to be answered."""


def chat_response(
    job: Job, created: int, texts: Sequence[str | None], *, whole: bool = True
) -> ChatResponse:
    """
    Return the answer; `created` is in seconds since 1970, `texts` has one for each choice.

    One that is not `whole` leaves out what may be long beside the texts.
    """
    return ChatResponse(
        id=f"chatcmpl-{job.id}",
        created=created,
        model=job.asked.removeprefix(MODEL_PREFIX),
        choices=[
            Choice(
                index=index,
                message=_message(choice, text, whole=whole),
                finish_reason=choice.finished.reason,
                logprobs=_logprobs(job, choice) if whole else None,
            )
            for index, (choice, text) in enumerate(zip(job.choices, texts, strict=True))
            if choice.finished
        ],
        usage=job.usage,
    )


def tool_calls(choice: jobs.Choice) -> list[MessageToolCall]:
    """Return the calls of a reply that wait for an answer."""
    return [
        MessageToolCall(
            id=call.id, function=FunctionCall(name=call.name, arguments=call.arguments.text)
        )
        for call in (choice.pending if choice.reason in WAITING else [])
    ]


def _message(choice: jobs.Choice, text: str | None, *, whole: bool) -> ReplyMessage:
    thought = choice.reasoning.text if whole else ""
    calls = tool_calls(choice)
    return ReplyMessage(
        content=None if calls and not text else text,
        reasoning_content=thought or UNSET,
        tool_calls=calls or UNSET,
    )


def _logprobs(job: Job, choice: jobs.Choice) -> Logprobs | None:
    return Logprobs(content=choice.logprobs()) if job.tells_logprobs else None
