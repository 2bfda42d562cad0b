"""The replies of one model's jobs: what reads them, and what the gateway is told of them."""

from __future__ import annotations

from bridge.chat.flow import ReplyFlow
from bridge.chat.manner import Manner, Wish, schemas
from bridge.chat.prompt import Tokenizer
from bridge.engine.backend import Scores
from bridge.engine.constraint import Constraint
from bridge.engine.events import Written
from bridge.errors import ErrorCode, HearsayError
from bridge.grammar.forms import WHOLE, rule, write
from bridge.protocol import Json, TokenLogprob, TopLogprob
from bridge.worker.calling import CallConstraint
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

    def grammar(self, submit: Submit) -> str | None:
        """Return the grammar of a job's replies; it may take long. Raises HearsayError."""
        form, tools, calls = submit.form, callable_tools(submit), self._manner.calls
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
            tools=schemas(callable_tools(submit)),
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


def callable_tools(submit: Submit) -> list[dict[str, Json]]:
    """Return the tools that a reply may call: all that the model is told of, or the named one."""
    if submit.tool is None:
        return submit.tools
    return [tool for tool in submit.tools if _name(tool) == submit.tool]


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


def _name(tool: dict[str, Json]) -> Json:
    function = tool["function"]
    return function.get("name") if isinstance(function, dict) else None


def _text(piece: bytes) -> str:
    return piece.decode("utf-8", "replace")
