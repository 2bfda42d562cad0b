"""What happens within a reply while it is written: values that are complete, sentences that end."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from bridge.jobs.choice import Choice
from bridge.protocol import JobField, JobSentence, SubmitChat
from bridge.wire.forms import is_json
from bridge.wire.json_fields import FieldReader
from bridge.wire.sentences import SentenceReader

Happening = JobField | JobSentence


class Happenings:
    """
    Of one reply, in order; what its order did not ask for is not told.

    They follow from the text alone. After a drop they are told from the first again: their path
    or number says which the client knows already.
    """

    def __init__(self, job: str, index: int, order: SubmitChat) -> None:
        self._job = job
        self._index = index
        json = is_json(order.request)
        self._tells_fields = order.field_events and json
        self._tells_sentences = order.sentence_events and not json
        self.rewind()

    def rewind(self) -> None:
        """Begin again."""
        self._fields, self._sentences = FieldReader(), SentenceReader()
        self._read = self._number = 0
        self._over = False
        self._due: deque[Happening] = deque()

    def next(self, choice: Choice) -> Happening | None:
        """Return the next thing that has happened, each once."""
        if not (self._tells_fields or self._tells_sentences):
            return None
        if not self._due:
            self._look(choice)
        return self._due.popleft() if self._due else None

    def _look(self, choice: Choice) -> None:
        text = choice.read(self._read)
        self._read += len(text)
        if self._tells_fields and text:
            for path, value in self._fields.push(text):
                self._due.append(JobField(job=self._job, index=self._index, path=path, value=value))
        if self._tells_sentences:
            self._say(self._sentences.push, text)
            if choice.reason and not self._over:
                self._over = True
                self._due.extend(map(self._sentence, self._sentences.finish()))

    def _say(self, push: Callable[[str], list[str]], text: str) -> None:
        if text:
            self._due.extend(map(self._sentence, push(text)))

    def _sentence(self, text: str) -> JobSentence:
        self._number += 1
        number = self._number - 1
        return JobSentence(job=self._job, index=self._index, number=number, text=text)
