"""Constraints by llguidance: the only file that imports it."""

from __future__ import annotations

from functools import lru_cache

from llguidance import LLMatcher, LLParserLimits, LLTokenizer, TokenizerWrapper

from bridge.engine.constraint import ConstraintError, TokenTable
from bridge.errors import ErrorCode, HearsayError

LIMITS = LLParserLimits(
    initial_lexer_fuel=300_000,
    step_lexer_fuel=60_000,
    step_max_items=50_000,
    max_lexer_states=30_000,
    max_grammar_size=100_000,
    verbose_errors=False,
)
"""What one grammar may cost: together about a second to compile, and 10 ms a token at worst."""

_KEPT = 32
_TRIAL = 4


class GuidanceCompiler:
    """
    Compiles for one vocabulary; making one takes up to a second for 128,000 tokens.

    The latest grammars are kept compiled: a game asks for the same forms again and again.
    """

    def __init__(self, table: TokenTable) -> None:
        vocabulary = TokenizerWrapper(_Vocabulary(table))
        self._tokenizer = LLTokenizer(vocabulary, eos_token=sorted(table.ends))
        self._matcher = lru_cache(_KEPT)(self._make)

    def compile(self, lark: str) -> GuidanceConstraint:
        """Compile a grammar; see `bridge.engine.constraint.Compiler`."""
        return GuidanceConstraint(self._matcher(lark).deep_copy())

    def check(self, lark: str) -> None:
        """See whether a grammar compiles; see `bridge.engine.constraint.Compiler`."""
        self._make(lark)

    def _make(self, lark: str) -> LLMatcher:
        grammar = LLMatcher.grammar_from_lark(lark)
        matcher = LLMatcher(self._tokenizer, grammar, log_level=0, limits=LIMITS)
        if matcher.is_stopped():  # So is one that has an error.
            raise HearsayError(ErrorCode.INVALID_REQUEST, _reason(matcher))
        _try(matcher.deep_copy())
        return matcher


def _try(matcher: LLMatcher) -> None:
    """
    Begin a reply: what is too much work at its first tokens is refused before any.

    The first masks are also the slowest, and here nobody waits for them.
    """
    for _ in range(_TRIAL):
        mask = matcher.compute_bitmask()
        if matcher.is_error():
            raise HearsayError(ErrorCode.INVALID_REQUEST, _reason(matcher))
        allowed = int.from_bytes(mask, "little")
        matcher.consume_token((allowed & -allowed).bit_length() - 1)
        if matcher.is_stopped() and not matcher.is_error():
            return


class GuidanceConstraint:
    """One reply's matcher; see `bridge.engine.constraint.Constraint`."""

    owed = True

    def __init__(self, matcher: LLMatcher) -> None:
        self._matcher = matcher

    @property
    def finished(self) -> bool:
        """Whether nothing but the end of the reply may follow."""
        return self._matcher.is_stopped()

    def allowed(self) -> bytes:
        """Return one bit for each token that may come next; raises ConstraintError."""
        mask = self._matcher.compute_bitmask()
        if self._matcher.is_error():
            raise ConstraintError(_reason(self._matcher))
        return mask

    def accept(self, token: int) -> None:
        """Go on by a token; raises ConstraintError on one that is not allowed."""
        if not self._matcher.consume_token(token):
            raise ConstraintError(_reason(self._matcher))

    def copy(self) -> GuidanceConstraint:
        """Return another constraint that has come as far as this one."""
        return GuidanceConstraint(self._matcher.deep_copy())


class _Vocabulary:
    """A token table in the words of llguidance; its control tokens begin with a 255."""

    bos_token_id = None

    def __init__(self, table: TokenTable) -> None:
        self.eos_token_id = min(table.ends)
        self.special_token_ids = sorted(table.controls | table.ends)
        special = frozenset(self.special_token_ids)
        self.tokens = [
            b"\xff" + text if token in special else text for token, text in enumerate(table.texts)
        ]
        self._tokenize = table.tokenize

    def __call__(self, text: bytes | str) -> list[int]:
        return self._tokenize(text if isinstance(text, str) else text.decode("utf-8", "replace"))


def _reason(matcher: LLMatcher) -> str:
    """Return the first sentence of what llguidance says, and its cause; the rest is its inside."""
    first, _, rest = matcher.get_error().partition("\n")
    causes = [line.strip() for line in rest.splitlines() if line.startswith("error: ")]
    text = " ".join([first.strip(), *causes[:1]])
    if text.startswith("NoExtension"):
        return "no reply can match it"
    return text or "the grammar does not allow this token"
