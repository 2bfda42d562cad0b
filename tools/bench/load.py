"""Put load on an OpenAI-compatible server and take the times, with as little work as can be."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter
from urllib.parse import urlsplit

import msgspec

from tools.bench.places import BenchError

TIMEOUT = 600.0
"""Seconds that one reply may take; a server that hangs must not hang the bench."""


class Message(msgspec.Struct, frozen=True):
    """One message of a prompt."""

    role: str
    content: str


class StreamOptions(msgspec.Struct, frozen=True):
    """Asks for the token counts at the end of a stream."""

    include_usage: bool = True


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """
    The body of a request; every sampler is named, so that no server's own defaults come in.

    What is neutral here is switched off; the temperature and top_k are what a game would use.
    """

    model: str
    messages: list[Message]
    max_tokens: int
    seed: int
    temperature: float = 0.8
    top_k: int = 40
    top_p: float = 1.0
    min_p: float = 0.0
    typical_p: float = 1.0
    repeat_penalty: float = 1.0
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    ignore_eos: bool = True
    stream: bool = True
    stream_options: StreamOptions = StreamOptions()


class _Details(msgspec.Struct):
    cached_tokens: int = 0


class _Usage(msgspec.Struct):
    prompt_tokens: int
    completion_tokens: int
    prompt_tokens_details: _Details | None = None


class _Delta(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    delta: _Delta


class _Chunk(msgspec.Struct):
    choices: list[_Choice] = []
    usage: _Usage | None = None
    error: object = None

    @property
    def text(self) -> str:
        return "".join(choice.delta.content or "" for choice in self.choices)


@dataclass(frozen=True)
class Reply:
    """One finished stream: its text, when that came (seconds, one clock for all), what it cost."""

    sent: float
    arrivals: tuple[float, ...]
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    text: str = ""

    @property
    def first(self) -> float:
        """Seconds from the request to the first text."""
        return self.arrivals[0] - self.sent

    @property
    def per_token(self) -> float:
        """Mean seconds from one token to the next, once the first is there."""
        return (self.arrivals[-1] - self.arrivals[0]) / max(self.completion_tokens - 1, 1)

    @property
    def gaps(self) -> list[float]:
        """Seconds between one text and the next."""
        pairs = zip(self.arrivals, self.arrivals[1:], strict=False)
        return [later - earlier for earlier, later in pairs]


@dataclass(frozen=True)
class Run:
    """Replies that were asked for at once."""

    replies: tuple[Reply, ...]

    @property
    def wall(self) -> float:
        """Seconds from the first request to the last text."""
        begin = min(reply.sent for reply in self.replies)
        return max(reply.arrivals[-1] for reply in self.replies) - begin

    @property
    def throughput(self) -> float:
        """New tokens per second of all streams, the reading of their prompts included."""
        return sum(reply.completion_tokens for reply in self.replies) / self.wall

    @property
    def decode_throughput(self) -> float:
        """New tokens per second of all streams, each from its first text to its last."""
        return sum(1 / reply.per_token for reply in self.replies if reply.per_token)

    @property
    def prompt_tokens_read(self) -> int:
        """Prompt tokens that no cache had."""
        return sum(reply.prompt_tokens - reply.cached_tokens for reply in self.replies)


@dataclass(frozen=True)
class Target:
    """A server: `http://host:port`, with or without `/v1`, the model to name and a token."""

    url: str
    model: str
    token: str | None = None

    def request(self, body: bytes) -> bytes:
        """Return the bytes of a request for a chat completion."""
        parts = urlsplit(self.url)
        path = parts.path.rstrip("/").removesuffix("/v1") + "/v1/chat/completions"
        lines = [
            f"POST {path} HTTP/1.1",
            f"Host: {parts.netloc}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            *([f"Authorization: Bearer {self.token}"] if self.token else []),
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + body

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a connection; raises BenchError when nobody answers."""
        parts = urlsplit(self.url)
        if parts.scheme != "http" or not parts.hostname:
            raise BenchError(f"Give the server as http://host:port, not {self.url!r}")
        try:
            return await asyncio.open_connection(parts.hostname, parts.port or 80)
        except OSError as error:
            raise BenchError(f"No server answers at {self.url}: {error}") from error


async def run(target: Target, asks: Sequence[Ask]) -> Run:
    """Send all requests at once, each on its own open connection, and wait for all replies."""
    lines = await asyncio.gather(*(target.connect() for _ in asks))
    try:
        async with asyncio.timeout(TIMEOUT):
            streams = zip(lines, asks, strict=True)
            replies = await asyncio.gather(
                *(reply_over(reader, writer, target, ask) for (reader, writer), ask in streams)
            )
    except TimeoutError:
        raise BenchError(f"{target.url} did not finish within {TIMEOUT:.0f} s") from None
    finally:
        for _, writer in lines:
            writer.close()
        for _, writer in lines:
            with suppress(OSError):
                await writer.wait_closed()
    return Run(tuple(replies))


async def reply_over(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: Target, ask: Ask
) -> Reply:
    """Send one request over an open connection and read its reply; raises BenchError."""
    request = target.request(msgspec.json.encode(ask))
    sent = perf_counter()
    writer.write(request)
    status, parts = await read_answer(reader)
    if status != 200:
        text = b"".join(part for _, part in parts).decode(errors="replace")
        raise BenchError(f"{target.url} answered {status}: {text[:300]}")
    return _read_events(sent, parts)


async def read_answer(reader: asyncio.StreamReader) -> tuple[int, list[tuple[float, bytes]]]:
    """Read a whole answer; only take times now, what the bytes mean is found out afterwards."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        headers = head.lower()
        parts: list[tuple[float, bytes]] = []
        if b"transfer-encoding: chunked" in headers:
            while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
                data = await reader.readexactly(size + 2)
                parts.append((perf_counter(), data[:-2]))
        elif b"content-length: " in headers:
            length = int(headers.split(b"content-length: ")[1].split(b"\r\n")[0])
            parts.append((perf_counter(), await reader.readexactly(length)))
        else:
            while data := await reader.read(65536):
                parts.append((perf_counter(), data))
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        raise BenchError(f"The server hung up in the middle of a reply: {error}") from error
    return status, parts


def _read_events(sent: float, parts: Sequence[tuple[float, bytes]]) -> Reply:
    arrivals: list[float] = []
    texts: list[str] = []
    usage: _Usage | None = None
    rest = b""
    for arrived, data in parts:
        *events, rest = (rest + data).replace(b"\r\n", b"\n").split(b"\n\n")
        for event in events:
            if not event.startswith(b"data: {"):
                continue
            chunk = msgspec.json.decode(event[6:], type=_Chunk)
            if chunk.error is not None:
                raise BenchError(f"The server failed in the middle of a reply: {chunk.error}")
            usage = chunk.usage or usage
            if chunk.text:
                arrivals.append(arrived)
                texts.append(chunk.text)
    if usage is None or not arrivals:
        raise BenchError("The stream had no text or no usage; is stream_options supported?")
    details = usage.prompt_tokens_details or _Details()
    return Reply(
        sent,
        tuple(arrivals),
        usage.prompt_tokens,
        usage.completion_tokens,
        details.cached_tokens,
        "".join(texts),
    )
