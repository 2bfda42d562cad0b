"""The chat template of a model file: from messages to the prompt that it makes of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import cast

from jinja2 import TemplateError

from bridge.chat.adapting import (
    SCENE,
    adaptations,
    as_system,
    described,
    one_call_each,
    one_system,
    without_system,
    without_tools,
)
from bridge.chat.calls import call_format
from bridge.chat.content import content_text
from bridge.chat.jinja import Compile, compile_template
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

_TOOLS = re.compile(r"\btools\b")
_PROBES = ("hear-the-scene", "hear-the-player")


class ChatTemplate:
    """
    Renders conversations in one model's form.

    `compile_source` says where: a template that came with a model is foreign code, and is given
    to a process of its own; by default it is rendered here.
    """

    def __init__(
        self,
        source: str | None,
        *,
        start_text: str = "",
        end_text: str = "",
        compile_source: Compile = compile_template,
    ) -> None:
        """Compile a template; raises HearsayError(MODEL_FAILED) when it is not one."""
        source = CHATML if source is None else source
        if len(source) > MAX_TEMPLATE:
            raise _broken(f"it has {len(source)} characters, {MAX_TEMPLATE} are allowed")
        try:
            self._render = compile_source(source)
        except TemplateError as error:
            raise _broken(str(error)) from error
        self.source = source
        # DeepSeek's own know calls of the past, and tell of no tools: who calls one must know it.
        self.form = call_format(source) if _TOOLS.search(source) else None
        """How the model calls tools, where its template says so."""
        self._knows_developer = "developer" in source
        self._texts = {"bos_token": start_text, "eos_token": end_text}

    def render(
        self,
        messages: Iterable[ChatMessage],
        extra: dict[str, Json],
        tools: Sequence[Mapping[str, Json]] = (),
    ) -> str:
        """
        Return the prompt that lets the assistant speak next.

        `extra` are `chat_template_kwargs`; they cannot replace the messages. What a template does
        not take (a system message, tools, one role twice) is said in a way that it does. Raises
        HearsayError(INVALID_REQUEST) when it refuses the messages in every way.
        """
        told = list(messages)
        if self.form is None:
            told, tools = without_tools(told, tools), ()
        elif self.form.one_call:
            told = one_call_each(told)
        variables = {"tools": [described(tool) for tool in tools] or None, **extra, **self._texts}
        refusal: TemplateError | None = None
        before: list[ChatMessage] | None = None
        for adapt in adaptations(self.source):
            if (adapted := adapt(told)) == before:
                continue
            before = adapted
            try:
                text = self._say(adapted, variables)
            except TemplateError as error:
                refusal = refusal or error
            else:
                return text if _hears(text, adapted) else self._heard(adapted, variables, text)
        raise HearsayError(
            ErrorCode.INVALID_REQUEST,
            f"the model's chat template refuses these messages: {refusal}",
            "messages",
        ) from refusal

    def _say(self, messages: Sequence[ChatMessage], variables: dict[str, Json]) -> str:
        hears = self._hears_system or not any(each.role in SCENE for each in messages)
        told = messages if hears else without_system(messages)
        return self._render(
            {
                **variables,
                "messages": [self._plain(message) for message in told],
                "add_generation_prompt": True,
            }
        )

    def _heard(self, messages: Sequence[ChatMessage], variables: dict[str, Json], text: str) -> str:
        """
        Return a prompt in which nothing of the scene is left out; `text` if there is none.

        Many templates hear the first system message alone, or the last, and no developer beside it.
        """
        for adapt in (as_system, one_system, without_system):
            with suppress(TemplateError):
                other = self._say(adapt(messages), variables)
                if _hears(other, messages):
                    return other
        return text

    @cached_property
    def _hears_system(self) -> bool:
        """Whether what a system message says is in the prompt; some templates leave it out."""
        system, user = _PROBES
        asked = [ChatMessage(Role.SYSTEM, system), ChatMessage(Role.USER, user)]
        plain = {"messages": [self._plain(each) for each in asked], "add_generation_prompt": True}
        try:
            text = self._render({"tools": None, **self._texts, **plain})
        except TemplateError:
            return True  # It says so itself, and is asked again.
        return system in text or user not in text

    def _plain(self, message: ChatMessage) -> dict[str, Json]:
        role = message.role
        if role is Role.DEVELOPER and not self._knows_developer:
            role = Role.SYSTEM
        plain: dict[str, Json] = {"role": str(role), "content": content_text(message)}
        if message.name is not None:
            plain["name"] = message.name
        if message.reasoning_content is not None:
            plain["reasoning_content"] = plain["thinking"] = message.reasoning_content
        if message.tool_calls:
            plain["tool_calls"] = [_with_object(call) for call in message.tool_calls]
        if message.tool_call_id is not None:
            plain["tool_call_id"] = message.tool_call_id
        return plain


def _hears(text: str, messages: Sequence[ChatMessage]) -> bool:
    """Whether a prompt has all that sets the scene."""
    return all(content_text(each).strip() in text for each in messages if each.role in SCENE)


def _with_object(call: Mapping[str, Json]) -> dict[str, Json]:
    """Return a call whose arguments are an object: most templates write the JSON themselves."""
    function = dict(cast(Mapping[str, Json], call["function"]))
    try:
        arguments = json.loads(cast(str, function["arguments"]))
    except ValueError:
        arguments = None
    if isinstance(arguments, dict) or not function["arguments"]:
        function["arguments"] = arguments or {}
    return {**call, "function": function}


def _broken(reason: str) -> HearsayError:
    return HearsayError(
        ErrorCode.MODEL_FAILED, f"the model file's chat template cannot be used: {reason}"
    )
