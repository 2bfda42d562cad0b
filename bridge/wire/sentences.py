"""The sentences of a text, each as soon as it is known to be over, while it is being written."""

from __future__ import annotations

import re

_ENDS = ".!?…"
_WIDE_ENDS = "。！？｡"  # noqa: RUF001 - they are what is meant
_CLOSERS = "\"'”’»›)]}*_」』）】》〉"  # noqa: RUF001 - as above
_ABBREVIATIONS = frozenset(
    {
        *("mr", "mrs", "ms", "dr", "prof", "st", "sr", "jr", "vs", "vol", "fig", "approx"),
        *("capt", "gen", "col", "lt", "sgt", "hon", "rev", "mt", "etc", "inc", "ltd", "dept"),
        *("e.g", "i.e", "a.m", "p.m", "u.s", "cf", "al", "ca", "ed", "pp"),
        *("hr", "frau", "nr", "bzw", "z.b", "d.h", "u.a", "usw", "ggf", "evtl", "str"),
        *("m", "mme", "mlle", "sra", "sta", "dña", "ud", "uds", "sig", "dott"),
    }
)
_MARK = re.compile(f"[{re.escape(_ENDS)}]+|[{_WIDE_ENDS}]+|\n")
_WORD = re.compile(r"[\w.]*\Z")


class SentenceReader:
    """
    Reads a text in pieces.

    A sentence ends at its mark, with the quotes and brackets that close there, once a blank and
    something else follow; at the marks of Chinese and Japanese without a blank; and at the end of
    a line. Abbreviations, initials, dots within numbers and a quote that goes on in lower case end
    none.
    """

    def __init__(self) -> None:
        self._text = ""
        self._from = 0

    def push(self, text: str) -> list[str]:
        """Take in more of the text; return the sentences that are over."""
        self._text += text
        found: list[str] = []
        while (end := self._end()) is not None:
            sentence = self._text[:end].strip()
            self._text, self._from = self._text[end:], 0
            if sentence:
                found.append(sentence)
        return found

    def finish(self) -> list[str]:
        """Return what is left, when the text is over."""
        rest, self._text, self._from = self._text.strip(), "", 0
        return [rest] if rest else []

    def _end(self) -> int | None:
        """Return where the first sentence ends; None while that is not known."""
        for mark in _MARK.finditer(self._text, self._from):
            if mark.group() == "\n":
                return mark.end()
            end = self._closed(mark.end())
            if end == len(self._text):
                self._from = mark.start()
                return None
            if mark.group()[0] in _WIDE_ENDS:
                return end
            over = self._over(mark, end)
            if over is None:
                self._from = mark.start()
                return None
            if over:
                return end
        self._from = len(self._text)
        return None

    def _closed(self, at: int) -> int:
        while at < len(self._text) and self._text[at] in _CLOSERS:
            at += 1
        return at

    def _over(self, mark: re.Match[str], end: int) -> bool | None:
        """Say whether a sentence ends at a mark; None while what follows is not here."""
        if not self._text[end].isspace():
            return False
        if self._text[end] == "\n":
            return True
        closed = end > mark.end()
        dots = mark.group()
        if dots == "." and self._is_short(mark.start()):
            return False
        if not closed and set(dots) & set("!?"):
            return True
        rest = self._text[end:].lstrip(" \t")
        if not rest:
            return None
        return not rest[0].islower()

    def _is_short(self, dot: int) -> bool:
        """Whether before a dot stands an abbreviation, an initial or the number of a list."""
        found = _WORD.search(self._text, 0, dot)
        word = found.group().lstrip(".") if found else ""
        if word.isdecimal():
            return len(word) <= 2 and not self._text[: dot - len(word)].strip()
        initial = len(word) == 1 and word.isalpha() and word != "I"
        return initial or word.lower() in _ABBREVIATIONS
