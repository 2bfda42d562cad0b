"""
Prompt lookup: guess that a reply goes on as the same words went on before, and check it at once.

What a prompt or a reply says twice (a quest log, a list, a name) is read in one step instead of
being written token by token. A guess is only kept where the sampler chose the same token from
the same probabilities, so that the text is what it would have been, whatever the temperature.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

LONG, SHORT = 4, 2
"""How many last tokens are looked up; the short form only when the long one was never seen."""

LENGTHS = (3, 7)
"""
How many tokens may be guessed: with the one before them they are 4 or 8 rows.

Processors take weights in blocks for four rows at once: reading 4 took 30 ms where 3 took 34, and 8
took 44 where 7 took 50 (a model of 135M parameters, 2 threads). Beyond 8 the price of a token does
not fall any further.
"""

MOST = LENGTHS[-1]

PRIOR = 0.7
"""How likely a guessed token is right, before anything is known."""

FADING = 0.01
"""How fast a bad experience is forgotten, by the step: what did not pay may do so later."""

WEIGHT = 0.2
"""How much the last guess says about the next."""

WORTH = 1.1
"""A guess must promise so many times the tokens per second."""

ROW_COST = 0.35
"""What a further row costs, of a step with one row, before it was measured: many weights are read
only once for all rows, but a processor without a graphics card has to work on each."""

CLEAR_LEAD = 0.25
"""By how much the likeliest token must lead (natural logarithm) to be the likeliest for sure.

Reading several rows at once rounds otherwise than reading one, by up to 0.05 where it was measured;
where two tokens are closer than this, the row is read again by itself."""

SAMPLES = 2
"""So many steps must have been measured; the first of a kind is slow for reasons of its own."""

VALID_STEPS = 256
"""After so many steps a measurement is too old: a game may have started."""


@dataclass(slots=True)
class Notes:
    """
    Where each short run of one sequence's tokens was last, and how guesses have fared.

    `trust` is the part of the guessed tokens that were right, the last ones counting most.
    `guess` is what the step at work has read ahead and no sampler has confirmed yet.
    """

    trust: float = PRIOR
    guess: list[int] = field(default_factory=list)
    careful: bool = False
    _places: dict[tuple[int, ...], int] = field(default_factory=dict)
    _noted: int = 0

    def find(self, tokens: list[int], most: int) -> list[int]:
        """Return what followed the last tokens when they were there before; `most` at most."""
        self._note(tokens)
        for size in (LONG, SHORT):
            place = self._places.get(tuple(tokens[-size:]))
            if place is not None:
                # What is said in a circle goes round: the guess may be longer than the circle.
                length = len(tokens) - place
                return [tokens[place + number % length] for number in range(most)]
        return []

    def doubt(self) -> None:
        """Give a guess up, and make none in the next step: what comes must be found out alone."""
        self.guess = []
        self.careful = True
        self.trust -= WEIGHT * self.trust

    def confirm(self, token: int) -> bool:
        """Say whether the next guessed token was right; a wrong one ends the guess."""
        right = self.guess[0] == token
        self.guess = self.guess[1:] if right else []
        self.trust += WEIGHT * (right - self.trust)
        return right

    def forgive(self) -> None:
        """Let a step pass without a guess."""
        self.trust += FADING * (PRIOR - self.trust)

    def _note(self, tokens: list[int]) -> None:
        # The last tokens themselves are left out: they would only find themselves.
        for end in range(max(self._noted, LONG), len(tokens)):
            for size in (LONG, SHORT):
                self._places[tuple(tokens[end - size : end])] = end
        self._noted = len(tokens)


class Lookup:
    """Decides how much to guess, by what steps of so many rows were measured to cost."""

    def __init__(self) -> None:
        self._steps = 0
        self._costs: dict[int, deque[tuple[int, float]]] = {}

    def note(self, rows: int, seconds: float) -> None:
        """Learn how long a step took that read a reply's last token and `rows - 1` guesses."""
        self._steps += 1
        self._costs.setdefault(rows, deque(maxlen=4)).append((self._steps, seconds))

    def guess(
        self, notes: Notes, tokens: list[int], most: int, *, exact: bool = False
    ) -> list[int]:
        """
        Return the tokens worth guessing after these, `most` at most; none if it does not pay.

        Where the text must be the same each time (`exact`) the clock has no say: steps of other
        sizes round otherwise, and which sizes there are must follow from the text alone.
        """
        length = 0 if notes.careful else min(self._best_length(notes.trust, exact=exact), most)
        notes.careful = False
        notes.guess = notes.find(tokens, length) if length > 0 else []
        if not notes.guess:
            notes.forgive()
        return notes.guess

    def _best_length(self, trust: float, *, exact: bool) -> int:
        alone = None if exact else self._cost(1)
        best, pays = 0, WORTH
        for length in LENGTHS:
            cost = 1 + ROW_COST * length
            if alone and (measured := self._cost(1 + length)):
                cost = measured / alone
            if expected(trust, length) / cost > pays:
                best, pays = length, expected(trust, length) / cost
        return best

    def _cost(self, rows: int) -> float | None:
        recent = [
            seconds
            for step, seconds in self._costs.get(rows, ())
            if step > self._steps - VALID_STEPS
        ]
        return min(recent) if len(recent) >= SAMPLES else None


def expected(trust: float, length: int) -> float:
    """
    Return how many tokens a step with a guess yields on average, its own one included.

    Leviathan, Kalman, Matias: Fast Inference from Transformers via Speculative Decoding (2023),
    equation 1, with `trust` in the place of the acceptance rate.
    """
    return float(sum(trust**number for number in range(length + 1)))
