"""What a chat completion is asked with over HTTP."""

from __future__ import annotations

from tests.transports.serving import MODEL

PATH = "/v1/chat/completions"
JSON = {"content-type": "application/json"}


def body(**fields: object) -> dict[str, object]:
    return {"model": MODEL, "messages": [{"role": "user", "content": "Hello"}], **fields}
