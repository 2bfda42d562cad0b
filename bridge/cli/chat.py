"""`hearsay chat`: talk with a model; Ctrl-C stops a reply, not the program."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bridge.cli.client import Client, Message, ReplyError
from bridge.cli.demo import describe
from bridge.cli.failure import CommandError, told
from bridge.cli.interrupt import interruptible
from bridge.cli.sidecar import started
from bridge.cli.speech import Stage
from bridge.gateway.tokens import token_from

HELP = "/reset forgets the conversation, /quit or Ctrl-D leaves, Ctrl-C stops a reply."
PROMPT = "> "


def chat(
    model: str | None,
    system: str | None,
    url: str | None,
    token: str | None,
    token_file: Path | None,
    temperature: float,
) -> None:
    """Talk until the input ends; exits 1 when there is no server to talk with."""
    with told():
        stage = Stage()
        if url is None and (token or token_file):
            raise CommandError("--token and --token-file are for a running server; add --url.")
        if token_file is not None:
            token = _token(token_file)
        with _joined(url, token, model) if url else _own(stage, model) as (client, name):
            stage.note(f"{name}. {HELP}")
            Conversation(stage, client, name, system, temperature).run()


def _token(file: Path) -> str:
    if not file.is_file():  # A client never makes one.
        raise CommandError(f"There is no token file at {file}; check --token-file.")
    return token_from(file)


@contextmanager
def _joined(url: str, token: str | None, model: str | None) -> Iterator[tuple[Client, str]]:
    client = Client(url, token)
    try:
        if model:
            client.check_model(model)
        yield client, model or client.first_model()
    finally:
        client.close()


@contextmanager
def _own(stage: Stage, model: str | None) -> Iterator[tuple[Client, str]]:
    with started(model) as sidecar:
        client = Client(sidecar.url, sidecar.token)
        try:
            stage.wait(sidecar, client)
            if warning := describe(sidecar.models[0]):
                stage.note(warning)
            yield client, sidecar.models[0]
        finally:
            client.close()


class Conversation:
    """What was said so far, and the loop in which more is."""

    def __init__(
        self, stage: Stage, client: Client, model: str, system: str | None, temperature: float
    ) -> None:
        self._stage = stage
        self._client = client
        self._model = model
        self._temperature = temperature
        self._start: list[Message] = [{"role": "system", "content": system}] if system else []
        self._messages = list(self._start)

    def run(self) -> None:
        """Read and answer until the input ends or `/quit`."""
        # Whoever started us in the background had Ctrl-C ignored; here it is a key of ours.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with suppress(ImportError):  # Line editing and history, where Python has them.
            import readline  # noqa: F401
        while (line := self._read()) is not None:
            if line.startswith("/"):
                if self._is_end(line):
                    return
            elif line:
                self._answer(line)

    def _read(self) -> str | None:
        """Return the next line; Ctrl-C clears the one that is being typed."""
        prompt = PROMPT if sys.stdin.isatty() else ""
        try:
            return input(prompt).strip()
        except EOFError:
            return None
        except KeyboardInterrupt:
            self._stage.note(f"\n{HELP}")
            return ""

    def _is_end(self, command: str) -> bool:
        match command:
            case "/quit" | "/exit":
                return True
            case "/reset":
                self._messages = list(self._start)
                self._stage.note("The conversation is forgotten.")
            case "/help":
                self._stage.note(HELP)
            case _:
                self._stage.note(f"There is no command {command}. {HELP}")
        return False

    def _answer(self, line: str) -> None:
        self._messages.append({"role": "user", "content": line})
        said = ""
        try:
            said = self._stream()
        except KeyboardInterrupt:
            self._stage.note("(stopped)")
        except ReplyError as error:
            self._stage.note(f"({error})")
        if said:
            self._messages.append({"role": "assistant", "content": said})
        else:  # Nothing was answered, so it may be asked again.
            self._messages.pop()

    def _stream(self) -> str:
        with self._client.stream(
            self._model, self._messages, temperature=self._temperature
        ) as reply:
            try:
                self._stage.stream(interruptible(reply), "yellow")
            except KeyboardInterrupt:
                self._stage.note("(stopped)")  # What was heard stays said.
        if reply.finish_reason not in {"stop", None}:
            self._stage.note(f"(ended: {reply.finish_reason})")
        return reply.text
