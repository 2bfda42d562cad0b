"""Text leaves as whole code points and never shows a part of a stop string."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bridge.engine.text import TextFlow


def _flow(pieces: list[bytes], stops: list[str]) -> tuple[str, bool]:
    flow = TextFlow(stops)
    text = ""
    for piece in pieces:
        text += flow.push(piece)
        if flow.stopped:
            return text, True
    return text + flow.finish(), False


def test_half_a_code_point_waits_for_the_rest() -> None:
    flow = TextFlow([])
    assert flow.push("é".encode()[:1]) == ""
    assert not flow.whole
    assert flow.push("é".encode()[1:]) == "é"
    assert flow.whole


def test_half_a_code_point_at_the_end_is_dropped() -> None:
    assert _flow([b"ab", "€".encode()[:2]], []) == ("ab", False)


def test_bytes_that_are_no_text_become_replacement_characters() -> None:
    assert _flow([b"a\xffb"], []) == ("a\ufffdb", False)


def test_the_first_of_several_stop_strings_counts() -> None:
    assert _flow([b"one two three"], ["three", "two"]) == ("one ", True)


def test_a_stop_string_may_come_in_pieces() -> None:
    flow = TextFlow(["\nUser:"])
    assert flow.push(b"Hello\nUs") == "Hello"
    assert flow.push(b"er: x") == ""
    assert flow.stopped


def test_a_start_of_a_stop_string_that_was_none_is_let_go() -> None:
    flow = TextFlow(["abcd"])
    assert flow.push(b"xabc") == "x"
    assert flow.push(b"x") == "abcx"


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
    got, stopped = _flow(pieces, stops)
    if stopped and got != expected:  # Two stop strings that overlap: the first to be whole wins.
        assert expected.startswith(got) or got.startswith(expected)
        assert any(text.startswith(got + stop) for stop in stops)
    else:
        assert got == expected
