"""A string of a call's arguments that is written without JSON's quotes, as a lexeme."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bridge.grammar.lark import escaped, regex
from bridge.grammar.pattern import PatternError, whole
from bridge.grammar.refusal import unsupported
from bridge.grammar.tree import Place
from bridge.protocol import Json

KEYWORDS = frozenset({"minLength", "maxLength", "pattern", "allOf"})
"""What a schema may say of such a string; a date's form is a pattern in its `allOf`."""


def text_rule(
    name: str,
    schema: Mapping[str, Json],
    place: Place,
    *,
    closers: Sequence[str],
    before: str = "",
    after: str = "",
) -> tuple[str, str]:
    """
    Return the name and the rule of a string between two texts, without any of `closers` in it.

    `schema` is one that was rewritten. Raises HearsayError(UNSUPPORTED).
    """
    least, most = schema.get("minLength", 0), schema.get("maxLength", "")
    sets = [f"(?s:.{{{least},{most}}})", *_patterns(schema, place)]
    framed = [regex(f"{escaped(before)}(?:{each}){escaped(after)}") for each in sets]
    ends = "|".join(map(escaped, closers))
    framed.append(f"~{regex(f'{escaped(before)}(?s:.*(?:{ends}).*){escaped(after)}')}")
    body = " & ".join(framed)
    if after:
        return name, f"{name}[lazy]: {body}"
    return name.upper(), f"{name.upper()}: {body}"


def _patterns(schema: Mapping[str, Json], place: Place) -> Iterator[str]:
    also = schema.get("allOf", [])
    for part in [schema, *(also if isinstance(also, list) else [])]:
        told = part if isinstance(part, Mapping) else {}
        if part is not schema and told.keys() != {"pattern"}:
            raise unsupported("allOf", str(place), "a call cannot be held to it here; leave it out")
        if "pattern" in told:
            try:
                yield whole(str(told["pattern"]))
            except PatternError as error:
                raise unsupported("pattern", str(place), f"{error}; write it otherwise") from None
