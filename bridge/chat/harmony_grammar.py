"""gpt-oss's calls as a grammar: a message's header says whom it is to, and then it is a call."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.chat.call_arguments import arguments_rule
from bridge.chat.call_grammar import CallGrammar
from bridge.chat.functions import Function
from bridge.grammar.lark import escaped, regex

_ADDRESS = escaped("to=functions.")
_SIGNS = ("<|start|>", "<|channel|>", "<|constrain|>")
_WORDS = (
    # Only an address has a '='. No text is two of these, and no two stand side by side: what was
    # read as one stays one.
    "PLAIN: /[^<=]+/ & ~/(?s:.*analysis.*)/",
    "ANALYSIS: /[^<=]*analysis[^<=]*/",
    "word: PLAIN | ANALYSIS",
)


class HarmonyGrammar(CallGrammar):
    """
    Writes grammars that begin with a header.

    Where a reply must call or have a form, it may think once before: the constraint does not see
    the analysis itself, and goes on with the next message's header.
    """

    # A message is a single call, whatever is wished.
    def waiting(self, tools: Sequence[Function], *, single: bool) -> str:  # noqa: ARG002
        """Return the grammar of a message from its header on: a call, or what is free."""
        free = f"free: word? (({self._signs}) word?)* {self._message}"
        return self._put_together("| calls | free", [free], tools)

    def whole(
        self,
        tools: Sequence[Function],
        *,
        single: bool,  # noqa: ARG002
        answer: str | None = None,
    ) -> str:
        """Return the grammar of a reply that calls a tool, or else has the form `answer`."""
        signs, message = self._signs, self._message
        rules = [f"thought: (PLAIN? ({signs}))* ANALYSIS (({signs}) PLAIN?)* {message}"]
        if answer is None:
            return self._put_together("thought? calls", rules, tools)
        rules.append(f"answer: PLAIN? (({signs}) PLAIN?)* {message} ({answer})")
        return self._put_together("thought? (calls | answer)", rules, tools)

    def _put_together(self, start: str, rules: Sequence[str], tools: Sequence[Function]) -> str:
        called = " | ".join(f"call_{tool.number}" for tool in tools)
        calls = [each for tool in tools for each in self._call(tool)]
        return "\n".join([f"start: {start}", f"calls: {called}", *rules, *_WORDS, *calls])

    def _call(self, tool: Function) -> list[str]:
        number = tool.number
        to = regex(rf"[^<=]*{_ADDRESS}{escaped(tool.name)}(?:[^\w.\-<=][^<=]*)?")
        arguments, others = arguments_rule(tool, self._form, self._spell)
        before = f"(word? ({self._signs}))*"
        after = f"(({self._signs}) word?)* {self._message}"
        call = f"call_{number}: {before} TO_{number} {after} {arguments}"
        return [f"TO_{number}: {to}", call, *others]

    @property
    def _signs(self) -> str:
        return " | ".join(map(self._spell, _SIGNS))

    @property
    def _message(self) -> str:
        return self._spell("<|message|>")
