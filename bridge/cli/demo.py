"""`hearsay demo`: a short scripted conversation in a tavern, streamed to the terminal."""

from __future__ import annotations

from bridge.cli.client import Client, Message, Reply
from bridge.cli.failure import told
from bridge.cli.sidecar import started
from bridge.cli.speech import Stage
from bridge.client.launch import Sidecar
from bridge.config import load_settings
from bridge.models.gguf import Head
from bridge.models.store import DEFAULT_MODEL, Store

KEEPER = "You are Boris, the keeper of the Leaking Barrel. You speak in one or two sentences."
PLAYER_LINES = (
    "Good evening! Is there still a place by the fire?",
    "What do you have on the menu?",
    "I'll have the stew. Any rumors lately?",
)
MAX_TOKENS = 60
SEED = 14


def demo(model: str | None) -> None:
    """Run the demo; exits 1 when it cannot be played to its end."""
    with told():
        stage = Stage()
        stage.note("Hearsay demo: a sidecar on a free port, as a game would start it.")
        with started(model) as sidecar:
            client = Client(sidecar.url, sidecar.token)
            try:
                _play(stage, sidecar, client)
            finally:
                client.close()


def _play(stage: Stage, sidecar: Sidecar, client: Client) -> None:
    stage.note(f"{sidecar.models[0]} at {sidecar.url}")
    if warning := describe(sidecar.models[0]):
        stage.note(warning)
    stage.wait(sidecar, client)
    messages: list[Message] = [{"role": "system", "content": KEEPER}]
    replies = []
    for line in PLAYER_LINES:
        stage.speaker("Player", "cyan")
        stage.say(line, "cyan")
        messages.append({"role": "user", "content": line})
        stage.speaker("Boris", "yellow")
        with client.stream(
            sidecar.models[0], messages, max_tokens=MAX_TOKENS, temperature=0.4, seed=SEED
        ) as reply:
            stage.stream(reply, "yellow")
        messages.append({"role": "assistant", "content": reply.text})
        replies.append(reply)
    stage.note(figures(replies))


def describe(model: str) -> str | None:
    """Return what is to be said of a model before it speaks, by its id, when there is something."""
    settings = load_settings({})
    if settings.backend == "fake":
        return "There is no model behind this: the words are made up, for tests."
    if model != DEFAULT_MODEL:
        return None
    if is_untrained(Store(settings.models_dir).resolve(model).head()):
        return (
            "The embedded model is tiny and untrained: what follows is babble, and shows only that "
            "everything works. Give it a real one with --model FILE.gguf."
        )
    return "The embedded model is tiny, for trying; give a larger one with --model FILE.gguf."


def is_untrained(head: Head) -> bool:
    """Return whether a file says of itself that its weights were never trained."""
    return head.metadata.get("hearsay.trained") is False


def figures(replies: list[Reply]) -> str:
    """Return how fast the replies were."""
    tokens = sum(reply.tokens for reply in replies)
    # The first token of a reply is what its time is counted from.
    timed = sum(max(reply.tokens - 1, 0) for reply in replies)
    seconds = sum(reply.writing_seconds for reply in replies)
    first = [reply.first_ms for reply in replies if reply.first_ms is not None]
    speed = f"{timed / seconds:.0f} tokens/s" if seconds > 0 else "no time at all"
    wait = f"first token after {first[0]:.0f} ms, then {min(first):.0f} ms at best" if first else ""
    return f"{tokens} tokens, {speed}, {wait}"
