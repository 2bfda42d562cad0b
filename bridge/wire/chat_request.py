"""What a chat completion request means, and which ones are refused before a model sees them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from bridge.errors import ErrorCode, HearsayError
from bridge.protocol import ChatMessage, ChatRequest, Json, Role
from bridge.wire.document import convert, misspelled, parse

FIELDS = frozenset(ChatRequest.__struct_fields__)

INNOCENT_FIELDS = frozenset(
    {
        "add_generation_prompt",
        "audio",
        "cache_prompt",
        "function_call",
        "functions",
        "grammar",
        "id_slot",
        "json_schema",
        "metadata",
        "modalities",
        "moderation",
        "parallel_tool_calls",
        "prediction",
        "prompt",
        "prompt_cache_key",
        "prompt_cache_retention",
        "reasoning_effort",
        "reasoning_format",
        "safety_identifier",
        "samplers",
        "service_tier",
        "store",
        "t_max_predict_ms",
        "timings_per_token",
        "user",
        "verbosity",
        "web_search_options",
    }
)
"""Fields of OpenAI's or llama.cpp's that are not ours; they are never taken for misspellings."""

REFUSED_FIELDS = ("functions", "grammar", "json_schema", "audio", "web_search_options")
"""Fields that change what an answer must be: leaving them unheard would break a promise."""

_MAX_TOKEN_ID = (1 << 31) - 1
_Document = TypeVar("_Document")


def read_chat_request(data: bytes) -> tuple[ChatRequest, dict[str, str]]:
    """
    Return what a body asks for, and its misspelled fields with what was probably meant.

    Raises INVALID_REQUEST for a wrong body and UNSUPPORTED for a wish that cannot be met.
    """
    document = parse(data)
    request = convert_chat(document, ChatRequest)
    check_chat_request(request, document)
    return request, misspelled(document, FIELDS, INNOCENT_FIELDS)


def check_chat_request(request: ChatRequest, document: dict[str, Json]) -> None:
    """
    Refuse what the types of a request cannot; `document` is what it was converted from.

    Raises INVALID_REQUEST and UNSUPPORTED.
    """
    check_messages(request.messages)
    _check_logit_bias(request)
    _check_wishes(request, document)


def check_messages(messages: Sequence[ChatMessage]) -> None:
    """Refuse messages that say nothing, and tools' that answer nobody: INVALID_REQUEST."""
    for index, message in enumerate(messages):
        _check_message(message, f"messages[{index}]")


def convert_chat(document: dict[str, Json], kind: type[_Document]) -> _Document:
    """Return a document with chat messages in it as a `kind`, as `document.convert` does."""
    try:
        return convert(document, kind)
    except HearsayError as error:
        if error.param is None or not error.param.endswith("].role"):
            raise
        message = f"{error.message}; a role is one of {', '.join(Role)}"
        raise HearsayError(error.code, message, error.param) from None


def stops(request: ChatRequest) -> list[str]:
    """Return the stop strings of a request as a list."""
    return [request.stop] if isinstance(request.stop, str) else request.stop or []


def max_tokens(request: ChatRequest) -> int | None:
    """Return the limit of a reply; `max_tokens` is the older name and gives way."""
    return request.max_completion_tokens or request.max_tokens


def template_kwargs(request: ChatRequest) -> dict[str, Json]:
    """Return what the model's chat template is told beside the messages."""
    told = dict(request.chat_template_kwargs or {})
    if request.enable_thinking is not None:
        told["enable_thinking"] = request.enable_thinking
    return told


def _check_message(message: ChatMessage, path: str) -> None:
    calls_tools = message.role is Role.ASSISTANT and message.tool_calls
    if message.content is None and not calls_tools:
        raise _invalid(f"Missing required field '{path}.content'", f"{path}.content")
    if message.role is Role.TOOL and not message.tool_call_id:
        raise _invalid(f"Missing required field '{path}.tool_call_id'", f"{path}.tool_call_id")


def _check_logit_bias(request: ChatRequest) -> None:
    for key in request.logit_bias or {}:
        # The length first: a huge number of digits is slow to read.
        is_id = key.isascii() and key.isdecimal() and len(key) <= 10
        if not is_id or int(key) > _MAX_TOKEN_ID:
            raise _invalid("Invalid 'logit_bias': every key must be a token id", "logit_bias")


def _check_wishes(request: ChatRequest, document: dict[str, Json]) -> None:
    if request.response_format is not None and request.response_format.type != "text":
        raise _unsupported("response_format", "only the type 'text' is supported")
    if request.tools and request.tool_choice != "none":
        raise _unsupported("tools", "tools are not supported; leave them out")
    if request.tool_choice not in (None, "none", "auto"):
        raise _unsupported("tool_choice", "tools are not supported; leave it out")
    if request.logprobs:
        raise _unsupported("logprobs", "log probabilities are not supported; leave it out")
    if request.top_logprobs:
        raise _unsupported("top_logprobs", "log probabilities are not supported; leave it out")
    for name in REFUSED_FIELDS:
        if document.get(name):
            raise _unsupported(name, "it is not supported; leave it out")


def _unsupported(param: str, why: str) -> HearsayError:
    return HearsayError(ErrorCode.UNSUPPORTED, f"Unsupported '{param}': {why}", param)


def _invalid(message: str, param: str) -> HearsayError:
    return HearsayError(ErrorCode.INVALID_REQUEST, message, param)
