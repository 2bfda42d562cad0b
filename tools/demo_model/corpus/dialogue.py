"""What the corpus is made of: messages, the check a reply must pass, tools, dialogues."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["system", "user", "assistant", "tool"]


@dataclass(frozen=True)
class Expect:
    """
    What a reply must contain: at least one of `words`, case ignored; `kind` names the score.

    With `copied`, the words are facts of the scene, which the prompt may have left open.
    """

    kind: str
    words: tuple[str, ...]
    copied: bool = False


@dataclass(frozen=True)
class ToolCall:
    """A call of a tool with plain arguments."""

    name: str
    arguments: tuple[tuple[str, str | int], ...]


@dataclass(frozen=True)
class Tool:
    """A tool the model may call."""

    name: str
    description: str
    parameters: tuple[str, ...]


@dataclass(frozen=True)
class Message:
    """
    One message of a dialogue.

    `forced` is how much of the content (in characters) a constraint would write, not the model.
    """

    role: Role
    content: str
    call: ToolCall | None = None
    expect: Expect | None = None
    forced: int = 0


@dataclass(frozen=True)
class Dialogue:
    """A conversation; with a thought, the last reply is preceded by it."""

    messages: tuple[Message, ...]
    tools: tuple[Tool, ...] = ()
    thought: str | None = None
