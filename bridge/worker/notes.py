"""A summary that the model writes for a conversation's sake; nobody outside hears of it."""

from __future__ import annotations

from bridge.chat.summaries import SUMMARY_TOKENS, Summaries, Wish
from bridge.protocol import Priority, Sampling
from bridge.worker.messages import Submit


class Notes:
    """One summary on its way."""

    def __init__(self, summaries: Summaries, wish: Wish) -> None:
        self._summaries = summaries
        self._wish = wish
        self._text: list[str] = []

    def submit(self) -> Submit:
        """Return the order for it: quiet, short, and after everything that somebody waits for."""
        return Submit(
            job=f"summary/{self._wish.key.hex()}",
            messages=self._wish.question,
            sampling=Sampling(temperature=0, repeat_penalty=1.1),
            max_tokens=SUMMARY_TOKENS,
            template_kwargs={"enable_thinking": False},
            priority=Priority.BACKGROUND,
        )

    def write(self, text: str) -> None:
        """Take more of it."""
        self._text.append(text)

    def close(self) -> None:
        """Keep what was written; nothing, if that is nothing."""
        self._summaries.put(self._wish, "".join(self._text))
