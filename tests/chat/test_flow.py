"""The tokens of a reply become text, thinking and calls; nothing leaves too early or twice."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from bridge.chat.calls import HERMES, LLAMA
from bridge.chat.flow import CallNews, ReplyFlow
from bridge.chat.splitter import Splitter
from bridge.chat.thinking import ThinkStyle, think_style
from tests.chat.transcripts import TOOLS

CONTROL = 1 << 20
"""A token without text, but with a spelling for the splitter."""


def _style() -> ThinkStyle:
    style = think_style("</think>", ())
    assert style
    return style


def _thinker(*, opened: bool = False, budget: int | None = None) -> ReplyFlow:
    return ReplyFlow(
        Splitter(style=_style(), opened=opened, form=HERMES, tools=TOOLS),
        spellings={CONTROL: b"</think>"},
        budget=budget,
        closing=[CONTROL],
    )


def _plain(stops: Sequence[str] = ()) -> ReplyFlow:
    return ReplyFlow(Splitter(stops=stops))


def _push(flow: ReplyFlow, *pieces: str | bytes) -> str:
    for piece in pieces:
        flow.push(0, piece.encode() if isinstance(piece, str) else piece)
    return flow.take().text


def _written(pieces: list[bytes], stops: list[str]) -> tuple[str, bool]:
    flow = _plain(stops)
    text = ""
    for piece in pieces:
        text += _push(flow, piece)
        if flow.stopped:
            return text, True
    flow.finish()
    return text + flow.take().text, False


def test_half_a_code_point_waits_for_the_rest() -> None:
    flow = _plain()
    assert _push(flow, "é".encode()[:1]) == ""
    assert _push(flow, "é".encode()[1:]) == "é"


def test_half_a_code_point_at_the_end_is_dropped() -> None:
    assert _written([b"ab", "€".encode()[:2]], []) == ("ab", False)


def test_bytes_that_are_no_text_become_replacement_characters() -> None:
    assert _written([b"a\xffb"], []) == ("a\ufffdb", False)


def test_the_first_of_several_stop_strings_counts() -> None:
    assert _written([b"one two three"], ["three", "two"]) == ("one ", True)


def test_a_stop_string_may_come_in_pieces() -> None:
    flow = _plain(["\nUser:"])
    assert _push(flow, "Hello\nUs") == "Hello"
    assert _push(flow, "er: x") == ""
    assert flow.stopped


def test_a_start_of_a_stop_string_that_was_none_is_let_go() -> None:
    flow = _plain(["abcd"])
    assert _push(flow, "xabc") == "x"
    assert _push(flow, "x") == "abcx"


@given(
    st.text(alphabet="abé€", max_size=40),
    st.lists(st.text(alphabet="abé", min_size=1, max_size=4), max_size=3),
    st.data(),
)
def test_however_it_is_cut_the_text_is_the_same(
    text: str, stops: list[str], data: st.DataObject
) -> None:
    raw = text.encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=8)))
    pieces = [raw[a:b] for a, b in zip([0, *cuts], [*cuts, len(raw)], strict=True)]
    found = [at for stop in stops if (at := text.find(stop)) >= 0]
    expected = text[: min(found)] if found else text
    got, stopped = _written(pieces, stops)
    if stopped and got != expected:  # Two stop strings that overlap: the first to be whole wins.
        assert expected.startswith(got) or got.startswith(expected)
        assert any(text.startswith(got + stop) for stop in stops)
    else:
        assert got == expected


def test_thinking_and_calls_are_told_apart() -> None:
    flow = _thinker()
    _push(flow, "<think>", "A guest.", "</think>")
    assert flow.reasoning_tokens == 3
    flow.push(0, b'Yes.\n<tool_call>{"name": "open_door", "arguments": {"do')
    news = flow.take()
    assert (news.text, news.calls) == ("Yes.", [CallNews(0, "open_door", '{"do')])
    flow.push(0, b'or": "north"}}</tool_call>')
    assert flow.take().calls == [CallNews(0, None, 'or": "north"}')]
    flow.push(0, b'<tool_call>{"name": "order", "arguments": {}}</tool_call>')
    assert flow.take().calls == [CallNews(1, "order", "{}")]
    assert flow.called
    assert flow.take().calls == []


def test_a_control_token_is_seen_by_its_spelling() -> None:
    flow = _thinker(opened=True)
    flow.push(CONTROL, b"")
    flow.push(0, b"Ho")
    assert flow.take().text == "Ho"


def test_after_its_budget_thinking_is_ended_as_the_model_would() -> None:
    flow = _thinker(opened=True, budget=2)
    assert [flow.forced, flow.answering] == [None, False]
    _push(flow, "a", "é".encode()[:1])
    assert [flow.forced, flow.answering] == [CONTROL, False]
    flow.push(CONTROL, b"")
    assert [flow.forced, flow.answering] == [None, True]
    flow.push(0, b"Ho")
    assert flow.take().text == "Ho"
    assert flow.reasoning_tokens == 3


def test_a_budget_of_nothing_ends_thinking_at_once() -> None:
    assert _thinker(opened=True, budget=0).forced == CONTROL


def test_thinking_can_be_begun_for_the_model() -> None:
    flow = ReplyFlow(Splitter(style=_style()), opening=[7, 8])
    assert not flow.answering
    assert [flow.forced] == [7]
    flow.push(7, b"<think>")
    assert [flow.forced] == [8]
    flow.push(8, b"\n")
    assert flow.forced is None


def test_pushing_the_same_tokens_again_leads_to_the_same_place() -> None:
    first, second = _thinker(opened=True, budget=2), _thinker(opened=True, budget=2)
    tokens: list[int] = []
    for piece in (b"a", b"b", b"c", b"d"):
        forced = first.forced
        tokens.append(0 if forced is None else forced)
        first.push(tokens[-1], piece if forced is None else b"")
    for token, piece in zip(tokens, (b"a", b"b", b"", b"d"), strict=True):
        second.push(token, piece)
    assert tokens == [0, 0, CONTROL, 0]
    assert second.take() == first.take()


def test_it_says_which_tokens_are_a_part_of_the_text() -> None:
    flow = _thinker()
    _push(flow, "<think>", "x", "</think>", "\n")
    flow = _thinker()
    for piece in ("<think>", "x", "</think>", "\n", "Ho", " <", "tool", "_call>", "Ha"):
        flow.push(0, piece.encode())
    flow.finish()
    assert flow.take().shown == [False, False, False, False, True, True, True, True, True]


def test_tokens_of_a_call_are_no_part_of_the_text() -> None:
    flow = _thinker()
    for piece in ("Ho", "<tool_call>", '{"name": "order", "arguments": {', "}}", "</tool_call>"):
        flow.push(0, piece.encode())
    assert flow.take().shown == [True, False, False, False, False]


def test_half_a_code_point_is_decided_with_its_rest() -> None:
    flow = _plain()
    flow.push(0, "é".encode()[:1])
    assert flow.take().shown == []
    flow.push(0, "é".encode()[1:])
    assert flow.take().shown == [True, True]


def test_a_token_that_a_stop_string_cuts_is_a_part_of_the_text() -> None:
    flow = _plain(["x"])
    flow.push(0, b"Ho")
    flow.push(0, b"axb")
    assert flow.take().shown == [True, True]
    flow = _plain(["x"])
    flow.push(0, b"xb")
    assert flow.take().shown == []


def test_a_constraint_that_waits_speaks_where_a_call_may_begin() -> None:
    flow = ReplyFlow(Splitter(form=HERMES, tools=TOOLS), waits=True)
    said: list[int | None] = []
    parts = ("Ho", " <tool", "s> ", "<tool_call>", '{"name": "order", "arguments": {}}')
    for part in (*parts, "</tool_call>", "\n", '<tool_call>{"na'):
        _push(flow, part)
        assert flow.answering is (flow.call_begin is not None)
        said.append(flow.call_begin)
    assert said == [None, 3, None, 11, 11, None, None, 69]


def test_what_was_written_of_a_call_before_it_was_known() -> None:
    flow = ReplyFlow(Splitter(form=HERMES, tools=TOOLS), waits=True)
    for token, piece in enumerate((b"Ho", b" a <to", b"ol_", b"call", b">{")):
        flow.push(token, piece)
    assert list(flow.begun()) == ["<to", 2, 3, 4]
    flow = ReplyFlow(Splitter(form=HERMES, tools=TOOLS), waits=True)
    flow.push(0, b"Ho")
    assert list(flow.begun()) == []


def test_a_call_that_begins_later_has_nothing_of_what_came_before() -> None:
    flow = ReplyFlow(Splitter(form=LLAMA, tools=TOOLS), waits=True)
    for token, piece in enumerate((b'{"name": "order", "parameters": {}', b"}; ", b"{")):
        flow.push(token, piece)
    assert (flow.call_begin, list(flow.begun())) == (37, [2])
