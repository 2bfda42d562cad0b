"""
What the gateway and a worker say to each other.

A frame is the msgpack of one message (see link.py).
"""

from __future__ import annotations

from enum import StrEnum
from typing import cast

import msgpack
import msgspec
from msgspec import Struct

from bridge.errors import ErrorCode
from bridge.protocol import (
    ChatMessage,
    ContextPolicy,
    FinishReason,
    Json,
    Pace,
    Priority,
    ResponseFormat,
    Sampling,
    TokenLogprob,
)


class Resume(Struct, frozen=True):
    """What one choice of a job had written when its worker died, as token ids."""

    ids: list[int]
    finished: bool


class Task(StrEnum):
    """What a job is about."""

    WRITE = "write"
    PREPARE = "prepare"
    """Read how conversations begin, and keep that until `Release`."""
    SAVE = "save"
    """Tell what a character remembers: `Memory`."""
    LOAD = "load"
    """Give a character its memory back."""


class Memory(Struct, frozen=True):
    """A character's last conversation: its text as the model read it, and the reply's tokens."""

    rendered: str = ""
    ids: list[int] = []


class Submit(Struct, frozen=True, tag=True, kw_only=True):
    """
    Write `choices` replies to a conversation; `max_tokens` None means what the context holds.

    `deadline` and `first_token_by` are times of `time.monotonic()`, which all processes of a
    machine share. `tools` are in OpenAI's form; `tool` is the only one that may be called.
    `form` is what the reply is held to. `top_logprobs` None tells no probabilities. `character`
    is unique among all sessions; `memory` belongs to Task.LOAD.
    """

    job: str
    messages: list[ChatMessage]
    sampling: Sampling
    max_tokens: int | None = None
    stop: list[str] = []
    choices: int = 1
    ignore_eos: bool = False
    template_kwargs: dict[str, Json] = {}
    tools: list[dict[str, Json]] = []
    must_call: bool = False
    tool: str | None = None
    single_call: bool = False
    form: ResponseFormat | None = None
    reasoning_budget: int | None = None
    top_logprobs: int | None = None
    context_policy: ContextPolicy = ContextPolicy.ERROR
    resume: list[Resume] = []
    task: Task = Task.WRITE
    priority: Priority = Priority.NORMAL
    deadline: float | None = None
    first_token_by: float | None = None
    character: str | None = None
    memory: Memory | None = None


class Cancel(Struct, frozen=True, tag=True):
    """Stop a job; its unfinished choices end as `cancelled`. Unknown jobs are ignored."""

    job: str


class Release(Struct, frozen=True, tag=True):
    """Let go what a job has prepared; unknown ones are ignored."""

    job: str


class SetPace(Struct, frozen=True, tag=True):
    """Take no more of the machine from now on than this."""

    pace: Pace


Command = Submit | Cancel | Release | SetPace


class Started(Struct, frozen=True, tag=True):
    """
    A job was understood and fits: its prompt is rendered, counted and queued.

    To fit it left out `dropped` messages, of which `summarized` are told in short instead.
    """

    job: str
    prompt_tokens: int
    dropped: int = 0
    summarized: int = 0


class CallWritten(Struct, frozen=True):
    """New of a call: its number in the reply, its tool where it begins, more of its arguments."""

    number: int
    name: str | None
    arguments: str


class Wrote(Struct, frozen=True, tag=True):
    """
    One choice's new tokens and the text that left with them.

    The text may lag behind the ids (half a code point, the start of a stop string) or be empty;
    so may `reasoning` and `calls`. `scores` has the probabilities of the new tokens where they were
    asked for, `shown` for each token that is decided by now, in order, whether it is of the text.
    """

    job: str
    index: int
    ids: list[int]
    text: str
    reasoning: str = ""
    calls: list[CallWritten] = []
    scores: list[TokenLogprob] = []
    shown: list[bool] = []


class Finished(Struct, frozen=True, tag=True, kw_only=True):
    """One choice is over; its last `Wrote`, if any, came before. Nothing follows for it."""

    job: str
    index: int
    reason: FinishReason
    cached_tokens: int
    completion_tokens: int
    reasoning_tokens: int = 0
    queued_ms: float
    prefill_ms: float
    decode_ms: float
    preemptions: int = 0


class Failed(Struct, frozen=True, tag=True):
    """A whole job is over without success; nothing follows for it."""

    job: str
    code: ErrorCode
    message: str
    param: str | None = None


class Remembered(Struct, frozen=True, tag=True):
    """What a character remembers; its job's `Finished` follows."""

    job: str
    memory: Memory


Output = Started | Wrote | Finished | Failed | Remembered


class Load(Struct, frozen=True, kw_only=True):
    """What a running engine counts, as totals since its start except where it says `now`."""

    running: int = 0
    waiting: int = 0
    slots: int = 0
    cells_used: int = 0
    cells: int = 0
    steps: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    decode_seconds: float = 0.0
    preemptions: int = 0
    restored_tokens: int = 0
    guessed_tokens: int = 0
    saved_bytes: int = 0
    pinned: int = 0


class Loading(Struct, frozen=True, tag=True):
    """How much of the model file has been read, 0 to 1."""

    fraction: float


class Ready(Struct, frozen=True, tag=True, kw_only=True):
    """The model is loaded and has been warmed up; `safe_mode` is why it is in safe mode, if so."""

    description: str
    context: int
    slots: int
    parameters: int
    size_bytes: int
    trained_context: int
    system_info: str
    safe_mode: str | None
    load_seconds: float


class LoadFailed(Struct, frozen=True, tag=True):
    """The model cannot be loaded; the worker exits after saying so."""

    message: str


class Outputs(Struct, frozen=True, tag=True):
    """Everything one engine step has to say, in order, and what the engine counts now."""

    items: list[Output]
    load: Load


Report = Loading | Ready | LoadFailed | Outputs


def pack(message: Command | Report) -> bytes:
    """Return the frame of a message."""
    return cast(bytes, msgpack.packb(msgspec.to_builtins(message)))
