"""What users hand in, and how it becomes what is sent."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import TypedDict, TypeVar, Unpack

import msgspec

from bridge.client.core import Notice
from bridge.client.outage import Patience
from bridge.protocol import (
    ChatMessage,
    ChatRequest,
    ClientInfo,
    HttpChatRequest,
    Json,
    Priority,
    SubmitChat,
    WhenGone,
)
from bridge.wire.chat_request import read_chat_request, slips_in_words
from bridge.wire.document import convert

log = logging.getLogger(__name__)

_Message = TypeVar("_Message")

Request = ChatRequest | Mapping[str, Json] | str
"""A chat completion request: typed, as a dictionary, or as JSON text."""


Message = ChatMessage | Mapping[str, Json]
"""One message of a conversation: typed or as a dictionary."""


class ClientOptions(TypedDict, total=False):
    """How a client is made."""

    client: ClientInfo
    """Who is speaking, for the sidecar's logs and status."""
    patience: Patience
    """How long to wait for what."""
    on_notice: Callable[[Notice], None]
    """Hears what belongs to no job: connections, models that change, messages refused."""
    msgpack: bool
    """Whether a WebSocket carries msgpack instead of JSON text."""
    server_key: str
    """The sidecar's CURVE key, for ZeroMQ beyond this machine."""


class SubmitOptions(TypedDict, total=False):
    """What may be said of a job beside its request; `protocol/hearsay.yaml` explains each."""

    priority: Priority
    deadline_ms: int | None
    first_token_by_ms: int | None
    replace_key: str | None
    character: str | None
    tags: dict[str, str]
    when_gone: WhenGone
    field_events: bool
    sentence_events: bool
    tool_rounds: int
    tool_timeout_ms: int


def to_request(request: Request) -> ChatRequest:
    """Return a checked request; raises HearsayError(INVALID_REQUEST or UNSUPPORTED)."""
    if isinstance(request, ChatRequest):
        return request
    text = request.encode() if isinstance(request, str) else msgspec.json.encode(request)
    checked, slips = read_chat_request(text)
    for slip in slips_in_words(slips):
        log.warning("a request was let pass with %s", slip)
    return checked


def checked(message: _Message) -> _Message:
    """Return a message if the sidecar would take it; raises HearsayError(INVALID_REQUEST)."""
    return convert(msgspec.to_builtins(message), type(message))


def to_messages(messages: Sequence[Message]) -> list[ChatMessage]:
    """Return typed messages; raises HearsayError(INVALID_REQUEST)."""
    given = [msgspec.to_builtins(message) for message in messages]
    return to_request({"model": "any", "messages": given}).messages


def to_submit(
    job: str, request: Request, *, stream: bool, **options: Unpack[SubmitOptions]
) -> SubmitChat:
    """Return what is sent for a request; raises HearsayError."""
    asked = to_request(request)
    if isinstance(asked, HttpChatRequest):  # A body may say the same as the options.
        options.setdefault("priority", asked.priority)
        options.setdefault("deadline_ms", asked.deadline_ms)
        options.setdefault("first_token_by_ms", asked.first_token_by_ms)
    fields = {name: getattr(asked, name) for name in ChatRequest.__struct_fields__}
    typed = ChatRequest(**{**fields, "stream": stream})
    return SubmitChat(job=job, request=typed, **options)
