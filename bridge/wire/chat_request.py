"""What a chat completion request means, and which ones are refused before a model sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from bridge.errors import ErrorCode, HearsayError
from bridge.protocol import ChatMessage, ChatRequest, HttpChatRequest, Json, Role, SubmitChat
from bridge.wire.document import convert, misspelled, parse
from bridge.wire.forms import check_form, form_slips
from bridge.wire.tools import check_calls, check_tools

FIELDS = frozenset(HttpChatRequest.__struct_fields__)
_ORDER_FIELDS = frozenset({"type", *SubmitChat.__struct_fields__})
_MISPLACED = _ORDER_FIELDS.intersection(FIELDS) - frozenset(ChatRequest.__struct_fields__)

INNOCENT_FIELDS = frozenset(
    {
        "add_generation_prompt",
        "audio",
        "cache_prompt",
        "function_call",
        "functions",
        "id_slot",
        "metadata",
        "modalities",
        "moderation",
        "prediction",
        "prompt",
        "prompt_cache_key",
        "prompt_cache_retention",
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

REFUSED_FIELDS = ("functions", "audio", "web_search_options")
"""Fields that change what an answer must be: leaving them unheard would break a promise."""

_UNSEEN = {
    "image_url": "no picture can be seen until a vision model is loaded",
    "input_audio": "no sound can be heard until a model is loaded that can",
    "file": "files cannot be read",
}
_MAX_TOKEN_ID = (1 << 31) - 1
_Document = TypeVar("_Document")


def read_chat_request(data: bytes) -> tuple[ChatRequest, dict[str, str]]:
    """
    Return what a body asks for, and its misspelled fields with what was probably meant.

    Raises INVALID_REQUEST for a wrong body and UNSUPPORTED for a wish that cannot be met.
    """
    document = parse(data)
    request = convert_chat(document, HttpChatRequest)
    check_chat_request(request, document)
    return request, _slips(document)


def order_slips(document: Mapping[str, Json], asked: Mapping[str, Json]) -> list[str]:
    """Return what looks like a slip in a `submit_chat` and in its request, in words."""
    inner = {f"request.{slip}": meant for slip, meant in _slips(asked).items()}
    slips = {**misspelled(document, _ORDER_FIELDS), **inner}
    misplaced = sorted(_MISPLACED.intersection(asked))
    return slips_in_words(slips) + [
        f"field 'request.{name}' (it has no effect there; put it beside 'request')"
        for name in misplaced
    ]


def _slips(document: Mapping[str, Json]) -> dict[str, str]:
    return {**misspelled(document, FIELDS, INNOCENT_FIELDS), **form_slips(document)}


def slips_in_words(slips: Mapping[str, str]) -> list[str]:
    """Return misspelled fields as people read them."""
    return [f"unknown field {slip!r} (did you mean {meant!r}?)" for slip, meant in slips.items()]


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
    except HearsayError:
        _check_parts(document)
        raise


def stops(request: ChatRequest) -> list[str]:
    """Return the stop strings of a request as a list."""
    return [request.stop] if isinstance(request.stop, str) else request.stop or []


def max_tokens(request: ChatRequest) -> int | None:
    """Return the limit of a reply; `max_tokens` is the older name and gives way."""
    return request.max_completion_tokens or request.max_tokens


def template_kwargs(request: ChatRequest) -> dict[str, Json]:
    """Return what the model's chat template is told beside the messages."""
    told = dict(request.chat_template_kwargs or {})
    thinks = request.enable_thinking
    if request.reasoning_effort == "none" and thinks is None:
        thinks = False
    elif request.reasoning_effort is not None:
        told["reasoning_effort"] = request.reasoning_effort
    if thinks is not None:
        told["enable_thinking"] = told["thinking"] = thinks  # Templates know one word or the other.
    return told


def _check_parts(document: dict[str, Json]) -> None:
    """Say of content that is no text that it needs another model: UNSUPPORTED."""
    asked = document.get("request")
    holder, path = (asked, "request.") if isinstance(asked, dict) else (document, "")
    messages = holder.get("messages")
    for index, message in enumerate(messages if isinstance(messages, list) else []):
        parts = message.get("content") if isinstance(message, dict) else None
        for number, part in enumerate(parts if isinstance(parts, list) else []):
            kind = part.get("type") if isinstance(part, dict) else None
            if isinstance(kind, str) and kind in _UNSEEN:
                where = f"{path}messages[{index}].content[{number}]"
                raise _unsupported(where, f"{_UNSEEN[kind]}; send text")


def _check_message(message: ChatMessage, path: str) -> None:
    check_calls(message, path)
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
    check_form(request)
    check_tools(request)
    if request.top_logprobs and not request.logprobs:
        raise _invalid("Invalid 'top_logprobs': set logprobs to true as well", "top_logprobs")
    for name in REFUSED_FIELDS:
        if document.get(name):
            raise _unsupported(name, "it is not supported; leave it out")


def _unsupported(param: str, why: str) -> HearsayError:
    return HearsayError(ErrorCode.UNSUPPORTED, f"Unsupported '{param}': {why}", param)


def _invalid(message: str, param: str) -> HearsayError:
    return HearsayError(ErrorCode.INVALID_REQUEST, message, param)
