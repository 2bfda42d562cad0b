"""What the commands know of HTTP: how a model is, and a reply as it is written."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Self, cast
from urllib.parse import quote

import httpx

from bridge.cli.failure import CommandError
from bridge.protocol import MODEL_PREFIX, Json

PATIENCE = httpx.Timeout(10.0, read=600.0)  # Seconds; a long prompt may take minutes to read.

Message = dict[str, str]
Document = dict[str, Json]


class ReplyError(CommandError):
    """A reply that was not written to its end."""


class Reply:
    """
    One reply: iterate over it for its text, piece by piece.

    Afterwards it says how it ended and what it cost; a stream that breaks off raises ReplyError.
    Leaving its `with` closes the stream, which tells the server to write no further.
    """

    def __init__(self, response: httpx.Response, asked_at: float) -> None:
        self._response = response
        self._asked_at = asked_at
        self._first_at: float | None = None
        self._ended_at: float | None = None
        self.text = ""
        self.finish_reason: str | None = None
        self.tokens = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._response.close()

    @property
    def first_ms(self) -> float | None:
        """Milliseconds from the request to the first text."""
        return None if self._first_at is None else 1000 * (self._first_at - self._asked_at)

    @property
    def writing_seconds(self) -> float:
        """Seconds from the first text to the end."""
        if self._first_at is None or self._ended_at is None:
            return 0.0
        return self._ended_at - self._first_at

    def __iter__(self) -> Iterator[str]:
        try:
            for line in self._response.iter_lines():
                if line.startswith("data:") and (piece := self._read(line[5:].strip())):
                    self._first_at = self._first_at or time.monotonic()
                    self.text += piece
                    yield piece
        except httpx.HTTPError as error:
            raise ReplyError(f"The connection broke during the reply: {error}.") from error
        finally:
            self._ended_at = time.monotonic()
        if self.finish_reason is None:
            raise ReplyError("The reply broke off before its end.")

    def _read(self, data: str) -> str:
        if data == "[DONE]":
            return ""
        try:
            chunk = cast(Document, json.loads(data))
        except ValueError as error:
            raise ReplyError("The server sent something that is no reply.") from error
        if "error" in chunk:
            raise ReplyError(message_of(chunk))
        if isinstance(usage := chunk.get("usage"), dict):
            self.tokens = int(usage.get("completion_tokens", 0))
        text = ""
        for choice in cast(list[Document], chunk.get("choices") or []):
            self.finish_reason = cast(str | None, choice.get("finish_reason"))
            text += cast(str, cast(Document, choice.get("delta") or {}).get("content") or "")
        return text


class Client:
    """A server, spoken with over HTTP."""

    def __init__(self, url: str, token: str | None) -> None:
        address = url if "://" in url else f"http://{url}"
        self._url = address.rstrip("/").removesuffix("/v1")
        self._has_token = bool(token)
        # No proxy: the server is on this machine, or named by whoever runs the command.
        self._http = httpx.Client(
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=PATIENCE,
            trust_env=False,
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def health(self) -> Document:
        """Return what `/health` says; raises CommandError when nobody answers."""
        return self._get("/health")

    def first_model(self) -> str:
        """Return the id of the first model; raises CommandError when there is none."""
        models = self._get("/v1/models").get("data")
        if not isinstance(models, list) or not models:
            raise CommandError(f"The server at {self._url} has no model.")
        return str(cast(Document, models[0]).get("id", ""))

    def check_model(self, name: str) -> None:
        """Raise CommandError when the server has no such model; one that cannot tell may have."""
        response = self._answer(f"/v1/models/{quote(name)}")
        if response.status_code == httpx.codes.NOT_FOUND:
            listed = self._get("/v1/models").get("data")
            known = [cast(Document, each).get("id") for each in cast(list[Json], listed or [])]
            raise CommandError(
                f"The server at {self._url} has no model {name!r}; "
                f"it has: {', '.join(map(str, known)) or 'none'}."
            )

    def stream(self, model: str, messages: list[Message], **options: Json) -> Reply:
        """
        Ask for a reply; it is written while the returned object is iterated over.

        Raises ReplyError when it is refused.
        """
        body: Document = {
            "model": model if model.startswith(MODEL_PREFIX) else MODEL_PREFIX + model,
            "messages": messages,
            "stream": True,
            "stream_options": {"include_usage": True},
            **options,
        }
        asked_at = time.monotonic()
        request = self._http.build_request("POST", f"{self._url}/v1/chat/completions", json=body)
        try:
            response = self._http.send(request, stream=True)
            if response.status_code != httpx.codes.OK:
                response.read()
        except httpx.HTTPError as error:
            raise ReplyError(f"The server at {self._url} does not answer: {error}.") from error
        if response.status_code != httpx.codes.OK:
            raise ReplyError(message_of(_document(response)))
        return Reply(response, asked_at)

    def _get(self, path: str) -> Document:
        document = _document(self._answer(path))
        if "error" in document:
            raise CommandError(message_of(document))
        return document

    def _answer(self, path: str) -> httpx.Response:
        try:
            response = self._http.get(self._url + path)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            what = f"Nobody answers at {self._url} ({error})"
            raise CommandError(f"{what}; start one with: hearsay serve") from error
        if response.status_code == httpx.codes.UNAUTHORIZED:
            wrong = "does not know this token" if self._has_token else "wants a token"
            raise CommandError(
                f"The server at {self._url} {wrong}; give its own with --token-file FILE, "
                "or in the variable HEARSAY_TOKEN."
            )
        return response


def _document(response: httpx.Response) -> Document:
    try:
        document = response.json()
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise CommandError(f"{response.url} is no Hearsay: status {response.status_code}.")
    return document


def message_of(document: Document) -> str:
    """Return the sentence of an error body."""
    error = document.get("error")
    message = error.get("message") if isinstance(error, dict) else error
    return f"{message or 'The server failed without saying why'}".rstrip(".") + "."
