"""Chat templates: the model's own, in a sandbox, or ChatML."""

from __future__ import annotations

import pytest

from bridge.chat.template import MAX_TEMPLATE, ChatTemplate, content_text
from bridge.errors import ErrorCode, HearsayError
from bridge.protocol import ChatMessage, Json, Role, TextPart

TALK = [ChatMessage(Role.SYSTEM, "You are Boris."), ChatMessage(Role.USER, "Hi")]


def _render(source: str | None, messages: list[ChatMessage] = TALK, **extra: Json) -> str:
    return ChatTemplate(source, start_text="<s>", end_text="</s>").render(messages, extra)


def test_a_model_without_a_template_gets_chatml() -> None:
    assert _render(None) == (
        "<|im_start|>system\nYou are Boris.<|im_end|>\n"
        "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"
    )


def test_a_template_sees_what_hugging_face_gives_it() -> None:
    source = (
        "{{ bos_token }}{% for message in messages %}{% if loop.index == 2 %}{% break %}{% endif %}"
        "{{ message.role }}{% endfor %}{{ add_generation_prompt }}{{ tools is none }}"
        "{{ strftime_now('%Y') | length }}{{ {'a': 'é<'} | tojson }}{{ eos_token }}"
    )
    assert _render(source) == '<s>systemTrueTrue4{"a": "é<"}</s>'


def test_tojson_can_indent() -> None:
    assert _render("{{ [1] | tojson(indent=2) }}") == "[\n  1\n]"


def test_extra_variables_reach_the_template_but_cannot_replace_the_messages() -> None:
    source = "{{ enable_thinking }} {{ messages | length }} {{ bos_token }}"
    extra: dict[str, Json] = {"enable_thinking": False, "messages": [], "bos_token": "x"}
    assert ChatTemplate(source, start_text="<s>").render(TALK, extra) == "False 2 <s>"


def test_a_developer_is_a_system_to_a_template_that_knows_none() -> None:
    assert _render("{{ messages[0].role }}", [ChatMessage(Role.DEVELOPER, "x")]) == "system"


def test_a_developer_stays_one_where_the_template_knows_the_word() -> None:
    source = "{{ messages[0].role }}{# developer #}"
    assert _render(source, [ChatMessage(Role.DEVELOPER, "x")]) == "developer"


def test_every_part_of_a_message_reaches_the_template() -> None:
    message = ChatMessage(
        Role.TOOL, [TextPart("a"), TextPart("b")], name="n", tool_calls=[{}], tool_call_id="t"
    )
    source = "{% set m = messages[0] %}{{ m.content }}{{ m.name }}{{ m.tool_calls }}"
    assert _render(source + "{{ m.tool_call_id }}", [message]) == "abn[{}]t"
    assert content_text(ChatMessage(Role.ASSISTANT)) == ""


def test_a_template_that_refuses_the_messages_says_why() -> None:
    with pytest.raises(HearsayError, match="refuses these messages: roles must") as caught:
        _render("{{ raise_exception('roles must alternate') }}")
    assert caught.value.code is ErrorCode.INVALID_REQUEST
    assert caught.value.param == "messages"


@pytest.mark.parametrize(
    "attack",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ cycler.__init__.__globals__.os.popen('true').read() }}",
        "{{ messages.append(1) }}",
        "{% for i in range(10**7) %}{% endfor %}",
    ],
)
def test_a_template_cannot_leave_its_sandbox(attack: str) -> None:
    with pytest.raises(HearsayError, match="refuses these messages"):
        _render(attack)


@pytest.mark.parametrize("source", ["{% if %}", "{{ x", "x" * (MAX_TEMPLATE + 1)])
def test_a_template_that_is_none_means_that_the_model_cannot_be_used(source: str) -> None:
    with pytest.raises(HearsayError, match="chat template cannot be used") as caught:
        ChatTemplate(source)
    assert caught.value.code is ErrorCode.MODEL_FAILED
