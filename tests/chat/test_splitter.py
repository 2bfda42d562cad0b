"""Replies of every family are told apart, however they are cut."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.chat.calls import HERMES, call_format
from bridge.chat.harmony import HarmonySplitter
from bridge.chat.held import Kind, Piece
from bridge.chat.splitter import LONGEST_HEAD, Splitter
from bridge.chat.styles import splitter_for
from bridge.chat.thinking import STYLES, is_open, think_style
from tests.chat.transcripts import HARMONY, LLAMA, THINK, TOOLS, TRANSCRIPTS, Transcript
from tests.chat.transcripts import HERMES as HERMES_TEMPLATE


def _splitter(
    transcript: Transcript, *, single: bool = False, stops: tuple[str, ...] = ()
) -> Splitter:
    style = think_style(transcript.template, ())
    return splitter_for(
        style=style,
        opened=style is not None and is_open(style, transcript.prompt),
        form=call_format(transcript.template),
        tools=TOOLS,
        stops=stops,
        single=single,
    )


def _told(splitter: Splitter, parts: list[str]) -> list[Piece]:
    pieces = [piece for part in parts for piece in splitter.push(part)]
    return pieces + splitter.finish()


def _seen(pieces: list[Piece]) -> tuple[str, str, list[tuple[str, str]]]:
    texts = {kind: "".join(p.text for p in pieces if p.kind is kind) for kind in Kind}
    calls: list[tuple[str, str]] = []
    for piece in pieces:
        if piece.kind is Kind.CALL:
            calls.append((piece.text, ""))
        elif piece.kind is Kind.ARGUMENTS:
            calls[-1] = (calls[-1][0], calls[-1][1] + piece.text)
    return texts[Kind.TEXT], texts[Kind.REASONING], calls


@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda each: each.name)
def test_a_transcript_is_told_apart(transcript: Transcript) -> None:
    text, reasoning, calls = _seen(_told(_splitter(transcript), [transcript.written]))
    assert (text, reasoning) == (transcript.text, transcript.reasoning)
    assert [(name, json.loads(arguments)) for name, arguments in calls] == transcript.calls


@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda each: each.name)
def test_letter_by_letter_it_is_the_same(transcript: Transcript) -> None:
    whole = _seen(_told(_splitter(transcript), [transcript.written]))
    assert _seen(_told(_splitter(transcript), list(transcript.written))) == whole


@settings(deadline=None)
@given(st.sampled_from(TRANSCRIPTS), st.data())
def test_however_it_is_cut_it_is_the_same(transcript: Transcript, data: st.DataObject) -> None:
    written = transcript.written
    cuts = sorted(data.draw(st.lists(st.integers(0, len(written)), max_size=6)))
    parts = [written[a:b] for a, b in pairwise([0, *cuts, len(written)])]
    pieces = _told(_splitter(transcript), parts)
    assert _seen(pieces) == _seen(_told(_splitter(transcript), [written]))
    assert pieces[-1].end == len(written), "everything that was written is decided in the end"
    assert [piece.end for piece in pieces] == sorted(piece.end for piece in pieces)


@settings(deadline=None)
@given(
    st.sampled_from(["", THINK, HERMES_TEMPLATE, THINK + HERMES_TEMPLATE, LLAMA]),
    st.text(alphabet='ab<>/{}"": \n', max_size=60),
)
def test_no_text_is_lost(template: str, written: str) -> None:
    splitter = _splitter(Transcript("", template, written))
    text, _, calls = _seen(_told(splitter, list(written)))
    assert not calls
    assert text.split() == written.split()


def test_arguments_leave_while_they_are_written() -> None:
    splitter = Splitter(form=HERMES, tools=TOOLS)
    assert splitter.push('<tool_call>{"name": "order", "arguments": {"it') == [
        Piece(Kind.NOTHING, '<tool_call>{"name": "order", "arguments": ', 42),
        Piece(Kind.CALL, "order", 42),
        Piece(Kind.ARGUMENTS, '{"it', 46),
    ]
    assert [piece.text for piece in splitter.push('em": "st')] == ['em": "st']
    assert splitter.calls == 1


def test_a_stop_string_ends_the_answer_and_not_the_thinking() -> None:
    splitter = Splitter(style=STYLES[-2], stops=["END"])
    text, reasoning, _ = _seen(_told(splitter, list("<think>END of it</think>\nHo END no")))
    assert (text, reasoning) == ("Ho ", "END of it")
    assert splitter.stopped


def test_a_stop_string_in_a_call_ends_nothing() -> None:
    splitter = Splitter(form=HERMES, tools=TOOLS, stops=["north"])
    written = '<tool_call>{"name": "open_door", "arguments": {"door": "north"}}</tool_call>'
    assert _seen(_told(splitter, [written]))[2] == [("open_door", '{"door": "north"}')]
    assert not splitter.stopped


@pytest.mark.parametrize("name", ["hermes twice", "mistral list", "deepseek calls"])
def test_a_single_call_ends_the_reply(name: str) -> None:
    transcript = next(each for each in TRANSCRIPTS if each.name == name)
    splitter = _splitter(transcript, single=True)
    assert len(_seen(_told(splitter, list(transcript.written)))[2]) == 1
    assert splitter.stopped


def test_a_list_that_came_as_a_whole_is_one_call_where_only_one_is_wanted() -> None:
    listed = '[{"arguments": {}, "name": "order"}, {"arguments": "{}", "name": "open_door"}]'
    splitter = Splitter(form=HERMES, tools=TOOLS, single=True)
    assert _seen(_told(splitter, [f"<tool_call>{listed}</tool_call>"]))[2] == [("order", "{}")]


def test_an_opening_that_leads_nowhere_is_text_before_the_end() -> None:
    form = call_format("{{ tools }}<function=example_function_name>{")
    splitter = Splitter(form=form, tools=TOOLS)
    assert not [piece for piece in splitter.push("<function=") if piece.kind is Kind.TEXT]
    pieces = splitter.push("x y" * LONGEST_HEAD)
    assert _seen(pieces)[0].startswith("<function=x y")


def test_it_knows_when_it_is_thinking() -> None:
    splitter = Splitter(style=STYLES[-2])
    assert splitter.answering
    splitter.push("<think>")
    assert [splitter.thinking, splitter.answering] == [True, False]
    splitter.push("</think>")
    assert [splitter.thinking, splitter.answering] == [False, True]


@pytest.mark.parametrize(
    ("template", "parts", "begins"),
    [
        (HERMES_TEMPLATE, ["Ho", "<to", "ols", "<tool_call>", "{"], [None, 2, None, 8, 8]),
        (
            LLAMA,
            ["", "\n", '{"name', '": "order", ', '"parameters": {', "}", "}", "; "],
            [0] * 6 + [36] * 2,
        ),
        (LLAMA, ["Ho", "<|py", "thon_tag|>"], [None, 2, 2]),
        (THINK + HERMES_TEMPLATE, ["<think>", "<tool_call>", "</think>", "<"], [None] * 3 + [26]),
        (
            HARMONY,
            ["<|chan", "nel|>analysis<|message|>", "<|end|>", "<|start|>"],
            [0, None, 37, 37],
        ),
        ("plain", ["<tool_call>"], [None]),
    ],
)
def test_it_knows_where_a_call_may_have_begun(
    template: str, parts: list[str], begins: list[int | None]
) -> None:
    splitter = _splitter(Transcript("", template, ""))
    found: list[int | None] = []
    for part in parts:
        splitter.push(part)
        found.append(splitter.call_begin)
    assert found == begins


def test_a_header_says_what_follows_where_tools_may_be_called() -> None:
    splitter = HarmonySplitter(style=STYLES[0], form=call_format(HARMONY), tools=TOOLS)
    said = [splitter.answering]
    for part in ("<|channel|>analysis<|message|>", "<|end|>"):
        splitter.push(part)
        said.append(splitter.answering)
    assert said == [True, False, True]


def test_a_header_is_no_answer_yet() -> None:
    splitter = HarmonySplitter(style=STYLES[0])
    assert not splitter.answering
    splitter.push("<|channel|>final<|message|>H")
    assert splitter.answering


@pytest.mark.parametrize(("written", "text"), [("<|channel|>fin", ""), ("Ho", "Ho")])
def test_a_header_without_a_message(written: str, text: str) -> None:
    assert _seen(_told(HarmonySplitter(style=STYLES[0]), [written]))[0] == text


def test_space_at_the_very_end_of_an_answer_stays() -> None:
    assert _seen(_told(Splitter(form=HERMES, tools=TOOLS), ["Ho \n"]))[0] == "Ho \n"


def test_without_tools_a_call_is_text() -> None:
    written = '<tool_call>{"name": "order", "arguments": {}}</tool_call>'
    assert _seen(_told(Splitter(form=HERMES), [written]))[0] == written
