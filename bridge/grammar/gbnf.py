"""
llama.cpp's GBNF in Lark: exactly the same texts.

GBNF knows no lexer, llguidance does, and its lexer takes the longest match: so a rule that is one
regular language becomes one terminal, and where rules go round in a circle every character is a
terminal of its own.
"""

from __future__ import annotations

from bridge.grammar.gbnf_reader import GbnfError, Node, read

__all__ = ["GbnfError", "to_lark"]

_MOST_TEXT = 100_000


def to_lark(text: str) -> str:
    """Return a GBNF grammar in Lark, its rule `root` as `start`; raises GbnfError."""
    rules = read(text)
    if "root" not in rules:
        raise GbnfError("there is no rule 'root'")
    return _Writer(rules).write()


class _Writer:
    def __init__(self, rules: dict[str, Node]) -> None:
        self._rules = rules
        self._names = {name: f"r{number}" for number, name in enumerate(rules)}
        self._regexes: dict[str, str | None] = {}
        self._open: set[str] = set()

    def write(self) -> str:
        if (whole := self._regular("root")) is not None:
            return f"start: /{whole}/\n"
        lines = [f"start: {self._names['root']}"]
        for name, node in self._rules.items():
            lines.append(f"{self._names[name]}: {self._rule(node)}")
        return "\n".join(lines) + "\n"

    def _regular(self, name: str) -> str | None:
        """Return a rule as one regex; None for one that leads back to itself."""
        if name in self._open:
            return None
        if name not in self._regexes:
            self._open.add(name)
            self._regexes[name] = self._regex(self._rules[name])
            self._open.discard(name)
        return self._regexes[name]

    def _regex(self, node: Node) -> str | None:
        match node.kind:
            case "text":
                return "".join(map(_char, node.text))
            case "class":
                return node.text
            case "rule":
                found = self._regular(node.text)
                return None if found is None else f"(?:{found})"
        parts = [self._regex(part) for part in node.parts]
        known = [part for part in parts if part is not None]
        if len(known) < len(parts) or sum(map(len, known)) > _MOST_TEXT:
            return None
        if node.kind == "either":
            return f"(?:{'|'.join(known)})"
        return f"(?:{known[0]}){node.text}" if node.kind == "repeat" else "".join(known)

    def _rule(self, node: Node) -> str:
        """Return a rule's body with a terminal for every character."""
        match node.kind:
            case "text":
                return " ".join(f"/{_char(char)}/" for char in node.text) or '""'
            case "class":
                return f"/{node.text}/"
            case "rule":
                return self._names[node.text]
            case "either":
                return f"({' | '.join(map(self._rule, node.parts))})"
            case "repeat":
                return f"({self._rule(node.parts[0])}){node.text}"
        return " ".join(map(self._rule, node.parts)) or '""'


def _char(char: str) -> str:
    return char if char.isascii() and char.isalnum() else f"\\x{{{ord(char):x}}}"
