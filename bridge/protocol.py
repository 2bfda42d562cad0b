"""
The documents that cross the wire: what a client may ask, and what it is told.

Field names are OpenAI's where OpenAI has one and llama.cpp's where only llama.cpp has one.
Bounds are checked while a document is converted; an unknown field is ignored.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

Json = object  # any JSON value; the type system need not know more

MODEL_PREFIX = "in-memory::"
"""Marks a model that runs on this machine; optional in requests, absent in answers."""

MAX_STOPS = 16
MAX_CHOICES = 16


class FinishReason(StrEnum):
    """Why a reply ended."""

    STOP = "stop"
    LENGTH = "length"
    TOOL_CALLS = "tool_calls"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Role(StrEnum):
    """Who said a message."""

    SYSTEM = "system"
    DEVELOPER = "developer"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


class TextPart(Struct, frozen=True, tag_field="type", tag="text"):
    """A piece of a message's content; only text is understood so far."""

    text: str


class ChatMessage(Struct, frozen=True, omit_defaults=True):
    """One message of a conversation. `content` may be null only for an assistant's tool calls."""

    role: Role
    content: str | list[TextPart] | None = None
    name: str | None = None
    tool_calls: list[dict[str, Json]] | None = None
    tool_call_id: str | None = None


class Sampling(Struct, frozen=True, omit_defaults=True):
    """
    The numbers a reply is drawn with.

    The defaults are a temperature of 1.0 and nothing beside it: the model's own distribution.
    Temperature 0 is greedy. A seed of None draws one. Names and meanings are llama.cpp's.
    """

    temperature: Annotated[float, Meta(ge=0, le=100)] = 1.0
    top_p: Annotated[float, Meta(ge=0, le=1)] = 1.0
    top_k: Annotated[int, Meta(ge=0, le=1 << 30)] = 0
    min_p: Annotated[float, Meta(ge=0, le=1)] = 0.0
    typical_p: Annotated[float, Meta(ge=0, le=1)] = 1.0
    repeat_penalty: Annotated[float, Meta(gt=0, le=100)] = 1.0
    repeat_last_n: Annotated[int, Meta(ge=-1, le=1 << 30)] = 64
    presence_penalty: Annotated[float, Meta(ge=-2, le=2)] = 0.0
    frequency_penalty: Annotated[float, Meta(ge=-2, le=2)] = 0.0
    dry_multiplier: Annotated[float, Meta(ge=0, le=100)] = 0.0
    dry_base: Annotated[float, Meta(ge=1, le=100)] = 1.75
    dry_allowed_length: Annotated[int, Meta(ge=0, le=1 << 20)] = 2
    dry_penalty_last_n: Annotated[int, Meta(ge=-1, le=1 << 30)] = -1
    dry_sequence_breakers: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=64)]], Meta(max_length=64)
    ] = field(default_factory=lambda: ["\n", ":", '"', "*"])
    xtc_probability: Annotated[float, Meta(ge=0, le=1)] = 0.0
    xtc_threshold: Annotated[float, Meta(ge=0, le=1)] = 0.1
    mirostat: Annotated[int, Meta(ge=0, le=2)] = 0
    mirostat_tau: Annotated[float, Meta(ge=0, le=100)] = 5.0
    mirostat_eta: Annotated[float, Meta(ge=0, le=100)] = 0.1
    seed: Annotated[int, Meta(ge=-(1 << 63), le=(1 << 63) - 1)] | None = None
    logit_bias: dict[str, Annotated[float, Meta(ge=-100, le=100)]] | None = None


class StreamOptions(Struct, frozen=True):
    """What a stream carries beside text."""

    include_usage: bool = False


class ResponseFormat(Struct, frozen=True):
    """The form a reply must have; only `text` is supported so far."""

    type: str


class ChatRequest(Sampling, frozen=True, kw_only=True, omit_defaults=True):
    """The body of `POST /v1/chat/completions`."""

    model: Annotated[str, Meta(min_length=1, max_length=512)]
    messages: Annotated[list[ChatMessage], Meta(min_length=1)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: Annotated[int, Meta(ge=1, le=1 << 31)] | None = None
    max_completion_tokens: Annotated[int, Meta(ge=1, le=1 << 31)] | None = None
    stop: (
        Annotated[str, Meta(min_length=1, max_length=256)]
        | Annotated[
            list[Annotated[str, Meta(min_length=1, max_length=256)]], Meta(max_length=MAX_STOPS)
        ]
        | None
    ) = None
    n: Annotated[int, Meta(ge=1, le=MAX_CHOICES)] | None = None
    ignore_eos: bool = False
    enable_thinking: bool | None = None
    chat_template_kwargs: dict[str, Json] | None = None
    response_format: ResponseFormat | None = None
    tools: list[dict[str, Json]] | None = None
    tool_choice: Json = None
    logprobs: bool | None = None
    top_logprobs: int | None = None


class PromptTokensDetails(Struct, frozen=True):
    """How much of a prompt did not have to be read again."""

    cached_tokens: int


class Usage(Struct, frozen=True):
    """What a reply cost, in tokens as the model counts them; the end-of-turn token is one."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: PromptTokensDetails


class ReplyMessage(Struct, frozen=True, kw_only=True):
    """What the model said."""

    role: Literal["assistant"] = "assistant"
    content: str | None
    refusal: None = None


class Choice(Struct, frozen=True, kw_only=True):
    """One of the replies that were asked for."""

    index: int
    message: ReplyMessage
    finish_reason: FinishReason
    logprobs: None = None


class ChatResponse(Struct, frozen=True, kw_only=True):
    """The answer to a `ChatRequest` that did not ask for a stream."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[Choice]
    usage: Usage


class Delta(Struct, frozen=True):
    """What is new in a chunk."""

    role: Literal["assistant"] | UnsetType = UNSET
    content: str | UnsetType = UNSET


class ChunkChoice(Struct, frozen=True, kw_only=True):
    """One reply's part of a chunk."""

    index: int
    delta: Delta
    finish_reason: FinishReason | None = None
    logprobs: None = None


class ChatChunk(Struct, frozen=True, kw_only=True):
    """One event of a stream; `choices` is empty only in the usage chunk that was asked for."""

    id: str
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    created: int
    model: str
    choices: list[ChunkChoice]
    usage: Usage | UnsetType | None = UNSET


class ModelCard(Struct, frozen=True, kw_only=True):
    """A model that can be asked; its id carries the prefix, `status` is the state of its worker."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: Literal["hearsay"] = "hearsay"
    aliases: list[str]
    status: str


class ModelList(Struct, frozen=True, kw_only=True):
    """The answer to `GET /v1/models`."""

    object: Literal["list"] = "list"
    data: list[ModelCard]


class ErrorDetail(Struct, frozen=True):
    """What went wrong, in OpenAI's words."""

    message: str
    type: str
    param: str | None = None
    code: str | None = None


class ErrorBody(Struct, frozen=True):
    """The body of every HTTP answer that is not a success."""

    error: ErrorDetail
