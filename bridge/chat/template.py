"""The chat template of a model file, rendered in Jinja's immutable sandbox."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import NoReturn

from jinja2 import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from bridge.errors import ErrorCode, HearsayError
from bridge.protocol import ChatMessage, Json, Role

CHATML = (
    "{%- for message in messages -%}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + (message['content'] or '') + '<|im_end|>\\n' }}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\\n' }}{%- endif -%}"
)
"""What a model without a template of its own gets: ChatML, as llama.cpp itself does."""

MAX_TEMPLATE = 64 * 1024


class ChatTemplate:
    """
    Renders conversations in one model's form.

    The environment is the one Hugging Face's `apply_chat_template` documents: trim_blocks,
    lstrip_blocks, loop controls, `raise_exception`, `strftime_now`, `tojson` without HTML escapes.
    """

    def __init__(self, source: str | None, *, start_text: str = "", end_text: str = "") -> None:
        """Compile a template; raises HearsayError(MODEL_FAILED) when it is not one."""
        source = CHATML if source is None else source
        if len(source) > MAX_TEMPLATE:
            raise _broken(f"it has {len(source)} characters, {MAX_TEMPLATE} are allowed")
        environment = ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
        )
        environment.filters["tojson"] = _to_json
        environment.globals["raise_exception"] = _refuse
        environment.globals["strftime_now"] = lambda form: (
            datetime.now().astimezone().strftime(form)
        )
        try:
            self._template = environment.from_string(source)
        except (TemplateError, SyntaxError, RecursionError, MemoryError, ValueError) as error:
            raise _broken(str(error)) from error
        self._knows_developer = "developer" in source
        self._texts = {"bos_token": start_text, "eos_token": end_text}

    def render(self, messages: Iterable[ChatMessage], extra: dict[str, Json]) -> str:
        """
        Return the prompt that lets the assistant speak next.

        `extra` are `chat_template_kwargs`; they cannot replace the messages. Raises
        HearsayError(INVALID_REQUEST) when the template refuses the messages.
        """
        variables: dict[str, Json] = {"tools": None, **extra, **self._texts}
        variables["messages"] = [self._plain(message) for message in messages]
        variables["add_generation_prompt"] = True
        try:
            return self._template.render(variables)
        except Exception as error:  # A template is foreign code: whatever it raises is its own.
            raise HearsayError(
                ErrorCode.INVALID_REQUEST,
                f"the model's chat template refuses these messages: {error}",
                "messages",
            ) from error

    def _plain(self, message: ChatMessage) -> dict[str, Json]:
        role = message.role
        if role is Role.DEVELOPER and not self._knows_developer:
            role = Role.SYSTEM
        plain: dict[str, Json] = {"role": str(role), "content": content_text(message)}
        if message.name is not None:
            plain["name"] = message.name
        if message.tool_calls is not None:
            plain["tool_calls"] = message.tool_calls
        if message.tool_call_id is not None:
            plain["tool_call_id"] = message.tool_call_id
        return plain


def content_text(message: ChatMessage) -> str:
    """Return a message's content as one string; parts are joined as they stand."""
    content = message.content
    if isinstance(content, list):
        return "".join(part.text for part in content)
    return content or ""


def _to_json(value: Json, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _refuse(reason: str) -> NoReturn:
    raise TemplateError(reason)


def _broken(reason: str) -> HearsayError:
    return HearsayError(
        ErrorCode.MODEL_FAILED, f"the model file's chat template cannot be used: {reason}"
    )
