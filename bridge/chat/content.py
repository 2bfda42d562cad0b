"""What a message says, as one text."""

from __future__ import annotations

from bridge.protocol import ChatMessage


def content_text(message: ChatMessage) -> str:
    """Return a message's content as one string; parts are joined as they stand."""
    content = message.content
    if isinstance(content, list):
        return "".join(part.text for part in content)
    return content or ""
