"""The replies of one model's jobs: what reads them, and what the gateway is told of them."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

from bridge.chat.flow import ReplyFlow
from bridge.chat.functions import Function, functions
from bridge.chat.manner import Manner, Wish
from bridge.chat.prompt import Tokenizer
from bridge.engine.backend import Scores
from bridge.engine.constraint import Constraint
from bridge.engine.events import Written
from bridge.errors import ErrorCode, HearsayError
from bridge.grammar.forms import WHOLE, rule, write
from bridge.grammar.refusal import blamed
from bridge.protocol import Json, TokenLogprob, TopLogprob
from bridge.worker.calling import CallConstraint
from bridge.worker.compiling import Draft, Drafts
from bridge.worker.messages import CallWritten, Submit, Wrote

_BOTH = "Unsupported 'tools': a grammar says all that a reply may be; leave one of them out"


class Replies:
    """Makes what reads replies, and turns what it read into messages."""

    def __init__(self, manner: Manner, tokenizer: Tokenizer) -> None:
        self._manner = manner
        self._tokenizer = tokenizer

    def prompt(self, submit: Submit, rendered: str) -> str:
        """Return a rendered conversation with its thinking ended where none is wanted."""
        return self._manner.prompt(rendered, thinks=wants_thinking(submit))

    def is_held(self, submit: Submit) -> bool:
        """Whether a job's replies, or their calls of tools, are held to a grammar."""
        return submit.form is not None or bool(submit.tools)

    def drafts(self, submit: Submit) -> Drafts:
        """
        Yield the grammar of a job's replies, and others if that does not compile.

        Then one tool's schema may be at fault: each is tried alone. A `strict` one is an error;
        any other's calls are some object, so that a slip in one tool costs no reply.
        Writing may take long. Raises HearsayError.
        """
        tools = _callable(submit)
        whole = self._grammar(submit, tools)
        if whole is None:
            return
        try:
            yield Draft(whole)
        except HearsayError as error:
            if not tools:
                raise
            failure = error
        else:
            return
        told: list[Function] = []
        for tool in tools:
            told += [(yield from self._tried(tool))]
        if told == tools:
            raise failure
        yield Draft(self._grammar(submit, told) or "")

    def _tried(self, tool: Function) -> Generator[Draft, None, Function]:
        try:
            yield Draft(self._manner.calls.alone(tool), trial=True)
        except HearsayError as error:
            if tool.strict:
                raise error if error.param is not None else blamed(error, tool.path) from None
            return replace(tool, held=False)
        return tool

    def _grammar(self, submit: Submit, tools: list[Function]) -> str | None:
        form, calls = submit.form, self._manner.calls
        if not tools:
            return write(form) if form else None
        if submit.must_call:
            return calls.whole(tools, single=submit.single_call)
        if form is None or not binds(submit):
            return calls.waiting(tools, single=submit.single_call)
        if form.type in WHOLE:
            raise HearsayError(ErrorCode.UNSUPPORTED, _BOTH, "tools")
        return calls.whole(tools, single=submit.single_call, answer=rule(form))

    def constraint(
        self, submit: Submit, constraint: Constraint | None, flow: ReplyFlow
    ) -> Constraint | None:
        """Return one reply's own constraint, made of its job's."""
        if constraint is None:
            return None
        if _calls_wait(submit):
            return CallConstraint(constraint.copy(), flow, self._tokenize)
        return constraint.copy()

    def flow(self, submit: Submit, rendered: str) -> ReplyFlow:
        """Return what reads one reply of a job."""
        waits = _calls_wait(submit)
        wish = Wish(
            tools={tool.name: tool.parameters for tool in _callable(submit)},
            stops=submit.stop,
            single=submit.single_call,
            budget=submit.reasoning_budget,
            must_think=self.is_held(submit) and not waits and wants_thinking(submit) is True,
            waits=waits,
        )
        return self._manner.flow(rendered, wish)

    def _tokenize(self, text: str) -> list[int]:
        return self._tokenizer.tokenize(text, special=False, start=False)

    def wrote(self, event: Written, flow: ReplyFlow) -> Wrote:
        """Return what is new of a reply."""
        news = flow.take()
        asked = event.sequence.top_logprobs is not None
        return Wrote(
            event.sequence.job,
            event.sequence.index,
            event.ids,
            news.text,
            news.reasoning,
            [CallWritten(call.number, call.name, call.arguments) for call in news.calls],
            [self._told(scores) for scores in event.scores],
            news.shown if asked else [],
        )

    def _told(self, scores: Scores) -> TokenLogprob:
        (token, logprob), *others = scores
        piece = self._tokenizer.piece(token)
        return TokenLogprob(
            token=_text(piece),
            logprob=logprob,
            bytes=list(piece),
            top_logprobs=[self._other(*other) for other in others],
        )

    def _other(self, token: int, logprob: float) -> TopLogprob:
        piece = self._tokenizer.piece(token)
        return TopLogprob(token=_text(piece), logprob=logprob, bytes=list(piece))


def wants_thinking(submit: Submit) -> bool | None:
    """Whether a job's model is to think; None leaves it to the model."""
    wish: Json = submit.template_kwargs.get("enable_thinking")
    return wish if isinstance(wish, bool) else None


def _calls_wait(submit: Submit) -> bool:
    """Whether a job's constraint is about calls alone, and its text is free."""
    return bool(submit.tools) and not submit.must_call and not binds(submit)


def binds(submit: Submit) -> bool:
    """Whether a job's answers must have a form."""
    return submit.form is not None and submit.form.type != "text"


def _callable(submit: Submit) -> list[Function]:
    """Return what a reply may call: all that the model is told of, or the named one."""
    return functions(submit.tools, submit.tool)


def _text(piece: bytes) -> str:
    return piece.decode("utf-8", "replace")
