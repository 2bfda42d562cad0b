"""Replies that are held to a form, by what holds them in Hearsay's own worker."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bridge.chat.flow import ReplyFlow
from bridge.chat.manner import Manner
from bridge.chat.template import ChatTemplate
from bridge.engine.constraint import Constraint, TokenTable
from bridge.engine.guidance import GuidanceCompiler
from bridge.engine.llama.vocabulary import LlamaVocabulary
from bridge.protocol import Json, Sampling
from bridge.worker.messages import Submit
from bridge.worker.replies import Replies

Tools = Sequence[dict[str, Json]]


class Held:
    """One reply on its way: all of it is held to a schema, or what it calls to the tools' own."""

    def __init__(self, constraint: Constraint, flow: ReplyFlow | None = None) -> None:
        self._constraint = constraint
        self._flow = flow

    @property
    def over(self) -> bool:
        """Whether nothing may follow but the reply's end."""
        return self._constraint.finished or (self._flow is not None and self._flow.stopped)

    def allowed(self) -> bytes | None:
        """Return one bit for each token that may come next; None where any may."""
        if self._flow is not None and not self._flow.answering:
            return None
        return self._constraint.allowed()

    def take(self, token: int, piece: bytes) -> None:
        """Go on by a token and its text."""
        if self._flow is None or self._flow.answering:
            self._constraint.accept(token)
        if self._flow is not None:
            self._flow.push(token, piece)


class Holder:
    """Makes what holds the replies of one model, from its vocabulary and its chat template."""

    def __init__(
        self, words: LlamaVocabulary, template: str, tokens: Callable[[str], list[int]]
    ) -> None:
        self._words = words
        self._tokens = tokens
        table = TokenTable(words.texts, words.controls, words.ends, tokens)
        self._compiler = GuidanceCompiler(table)
        controls = [words.spelling(token) for token in sorted(words.controls)]
        self._replies = Replies(Manner(ChatTemplate(template), self, controls), self)

    def to_schema(self, schema: str) -> Held:
        """Return what holds one reply to a JSON schema."""
        return Held(self._compiler.compile(f"start: %json {schema}"))

    def to_tools(self, tools: Tools, prompt: str) -> Held:
        """Return what holds the calls of one reply to the tools' parameters."""
        submit = Submit(job="", messages=[], sampling=Sampling(), tools=list(tools))
        flow = self._replies.flow(submit, prompt)
        compiled = self._compiler.compile(next(self._replies.drafts(submit)).lark)
        constraint = self._replies.constraint(submit, compiled, flow)
        assert constraint is not None  # noqa: S101 - there are tools
        return Held(constraint, flow)

    def tokenize(self, text: str, *, special: bool, start: bool) -> list[int]:  # noqa: ARG002
        """Return the tokens of a text; see `bridge.chat.prompt.Tokenizer`."""
        return self._tokens(text)

    def piece(self, token: int) -> bytes:
        """Return a token's text; see `bridge.chat.prompt.Tokenizer`."""
        return self._words.piece(token)
