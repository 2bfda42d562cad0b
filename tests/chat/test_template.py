"""Chat templates: the model's own, in a sandbox, or ChatML."""

from __future__ import annotations

import pytest

from bridge.chat.content import content_text
from bridge.chat.template import MAX_TEMPLATE, ChatTemplate
from bridge.errors import ErrorCode, HearsayError
from bridge.protocol import ChatMessage, Json, Role, TextPart

TALK = [ChatMessage(Role.SYSTEM, "You are Boris."), ChatMessage(Role.USER, "Hi")]


CALL: dict[str, Json] = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "open_door", "arguments": '{"door": "north"}'},
}
TOOL: dict[str, Json] = {"type": "function", "function": {"name": "open_door"}}


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


def test_tojson_takes_what_transformers_filter_takes() -> None:
    wish = "ensure_ascii=true, separators=(',', ':'), sort_keys=true"
    source = "{{ {'b': 'é', 'a': 1} | tojson(" + wish + ") }}"
    assert _render(source) == r'{"a":1,"b":"\u00e9"}'


def test_the_tag_around_what_a_model_wrote_writes_nothing() -> None:
    source = "{% generation %}{% if true %}Ho{% endif %}{% endgeneration %}!"
    assert _render(source) == "Ho!"


def test_a_tool_has_all_that_templates_expect() -> None:
    source = "{{ tools[0].function.description + '|' + (tools[0].function.parameters | tojson) }}"
    marks = "{# <tool_call> tools #}"
    for tool in (TOOL, {"type": "function", "function": {"name": "x", "description": None}}):
        told = ChatTemplate(source + marks).render(TALK, {}, [tool])
        assert told == '|{"type": "object", "properties": {}}'


LORE = ChatMessage(Role.SYSTEM, "It rains.")
RULES = ChatMessage(Role.DEVELOPER, "Be brief.")
SAY = "{% for m in messages %}{{ m.role }}: {{ m.content }}|{% endfor %}"
PLAYERS = "|{% for m in messages if m.role == 'user' %}{{ m.content }}|{% endfor %}"
FIRST = "{{ messages[0].content }}" + PLAYERS
LAST = (
    "{% set n = namespace(s='') %}{% for m in messages if m.role == 'system' %}"
    "{% set n.s = m.content %}{% endfor %}{{ n.s }}" + PLAYERS
)


@pytest.mark.parametrize("source", [FIRST, LAST])
def test_a_template_that_hears_one_system_message_is_told_all_of_them_in_one(source: str) -> None:
    persona, line = TALK
    assert _render(source, [persona, LORE, line]) == "You are Boris.\n\nIt rains.|Hi|"
    assert _render(source, [persona, RULES, line]) == "You are Boris.\n\nBe brief.|Hi|"


def test_a_scene_that_changes_later_is_told_with_the_next_words_where_it_would_be_lost() -> None:
    persona, line = TALK
    talk = [persona, line, LORE, ChatMessage(Role.USER, "And now?")]
    assert _render(FIRST, talk) == "You are Boris.|Hi|It rains.\n\nAnd now?|"
    assert "system: It rains.|user: And now?" in _render(SAY, talk)


def test_a_developer_who_would_not_be_heard_speaks_as_the_system() -> None:
    source = "{# developer #}" + LAST
    assert _render(source, [RULES, TALK[1]]) == "Be brief.|Hi|"


def test_what_a_template_writes_in_its_own_way_is_left_to_it() -> None:
    source = "{% for m in messages %}{{ m.content | upper }}|{% endfor %}"
    assert _render(source) == "YOU ARE BORIS.|HI|"


def test_a_template_that_tells_of_no_tools_is_told_of_them_in_words() -> None:
    source = "{% for m in messages %}{{ m.content }}|{% endfor %}{# <tool_call> #}"
    template = ChatTemplate(source)
    assert template.form is None
    assert "open_door" in template.render(TALK, {}, [TOOL])


def test_a_template_that_takes_one_text_beside_a_call_is_told_what_was_said() -> None:
    talk = [
        *TALK,
        ChatMessage(Role.ASSISTANT, "Let me look.", reasoning_content="Hm.", tool_calls=[CALL]),
    ]
    source = (
        "{% set last = messages[2] %}{% if last.content and last.thinking %}"
        "{{ raise_exception('Cannot pass both') }}{% endif %}"
        "{{ messages[0].role }} {{ last.content }}{# <tool_call> tools #}"
    )
    assert _render(source, talk) == "system Let me look."


def test_a_call_without_arguments_has_an_object_of_them() -> None:
    call: dict[str, Json] = {**CALL, "function": {"name": "open_door", "arguments": ""}}
    talk = [*TALK, ChatMessage(Role.ASSISTANT, tool_calls=[call])]
    source = "{{ messages[2].tool_calls[0].function.arguments | tojson }}{# <tool_call> tools #}"
    assert _render(source, talk) == "{}"


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
        Role.ASSISTANT,
        [TextPart("a"), TextPart("b")],
        name="n",
        reasoning_content="r",
        tool_calls=[CALL],
        tool_call_id="t",
    )
    source = "{# <tool_call> tools #}{% set m = messages[0] %}{{ m.content }}{{ m.name }}"
    source += (
        "{{ m.thinking }}{{ m.reasoning_content }}{{ m.tool_calls[0].function.arguments.door }}"
    )
    assert _render(source + "{{ m.tool_call_id }}", [message]) == "abnrrnortht"
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


ALTERNATES = (
    "{% for m in messages %}"
    "{% if m.role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    "{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('alternate') }}"
    "{% endif %}{{ m.role }}:{{ m.content }};{% endfor %}"
)


def test_a_template_that_refuses_a_system_message_hears_it_from_the_player() -> None:
    assert _render(ALTERNATES) == "user:You are Boris.\n\nHi;"


def test_a_template_that_wants_roles_to_alternate_gets_them_so() -> None:
    talk = [
        ChatMessage(Role.ASSISTANT, "Welcome!"),
        ChatMessage(Role.USER, "Hi"),
        ChatMessage(Role.USER, "Ale!"),
    ]
    assert _render(ALTERNATES, talk) == "user:(Begin.);assistant:Welcome!;user:Hi\n\nAle!;"


def test_a_template_that_leaves_system_messages_out_is_told_them_otherwise() -> None:
    source = "{% for m in messages if m.role == 'user' %}{{ m.content }}{% endfor %}"
    assert _render(source) == "You are Boris.\n\nHi"


def test_arguments_that_are_no_object_stay_as_they_are() -> None:
    call = {**CALL, "function": {"name": "x", "arguments": "{broken"}}
    source = "{# <tool_call> tools #}{{ messages[0].tool_calls[0].function.arguments }}"
    assert _render(source, [ChatMessage(Role.ASSISTANT, tool_calls=[call])]) == "{broken"


def test_tools_reach_a_template_that_knows_them() -> None:
    source = "{# <tool_call> tools #}{{ tools[0].function.name }}{{ messages[0].content }}"
    assert ChatTemplate(source).render(TALK, {}, [TOOL]) == "open_doorYou are Boris."


def test_a_template_that_knows_no_tools_is_told_in_words() -> None:
    talk = [
        *TALK,
        ChatMessage(Role.ASSISTANT, "At once.", tool_calls=[CALL]),
        ChatMessage(Role.TOOL, "opened", tool_call_id="call_1"),
    ]
    told = ChatTemplate(None).render(talk, {}, [TOOL])
    assert told.startswith("<|im_start|>system\nYou are Boris.\n\nYou can call these functions:")
    assert '"open_door"' in told
    call = '<tool_call>{"name": "open_door", "arguments": {"door": "north"}}</tool_call>'
    assert f"At once.\n\n{call}" in told
    assert "<|im_start|>user\n<tool_response>opened</tool_response><|im_end|>" in told


def test_calls_that_were_made_together_are_told_apart_where_only_one_is_seen() -> None:
    other = {**CALL, "id": "call_2"}
    source = (
        '{# "parameters": ipython tools #}{% for m in messages %}{{ m.role }}{{ m.tool_call_id }}'
        "{% for c in m.tool_calls %}{{ c.id }}{% endfor %};{% endfor %}"
    )
    talk = [
        ChatMessage(Role.USER, "Hi"),
        ChatMessage(Role.ASSISTANT, tool_calls=[CALL, other]),
        ChatMessage(Role.TOOL, "b", tool_call_id="call_2"),
        ChatMessage(Role.TOOL, "a", tool_call_id="call_1"),
        ChatMessage(Role.USER, "And?"),
    ]
    told = "user;assistantcall_1;toolcall_1;assistantcall_2;toolcall_2;user;"
    assert _render(source, talk) == told


def test_ids_are_short_where_a_template_insists() -> None:
    source = (
        "{# [TOOL_CALLS] tools #}{% for m in messages %}{% if m.tool_call_id|length != 9 %}"
        "{{ raise_exception('nine') }}{% endif %}{{ m.tool_call_id }}{% endfor %}"
    )
    talk = [ChatMessage(Role.TOOL, "x", tool_call_id=name) for name in ("call_1", "abcdefgh9")]
    assert _render(source, talk).endswith("abcdefgh9")
    assert len(_render(source, talk)) == 18
