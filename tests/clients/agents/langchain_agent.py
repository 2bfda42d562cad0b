"""LangChain's chat model with tools bound, unchanged: the loop that every agent of it runs."""

from __future__ import annotations

import json
import sys

from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel, Field, SecretStr

MODEL = "in-memory::hearsay/tavern"


class Order(BaseModel):
    """What a guest wants."""

    item: str = Field(max_length=12)
    count: int = Field(ge=1, le=9)


@tool
def open_door(door: str) -> str:
    """Open a door."""
    return f"{door} is open"


def main(url: str, scripted: bool) -> None:
    """Run the loop; write what came of it as one line of JSON."""
    model = ChatOpenAI(model=MODEL, base_url=f"{url}/v1", api_key=SecretStr("none"), max_retries=0)
    told: dict[str, object] = {}
    if scripted:
        bound = model.bind_tools([open_door])
        for way in ("plain", "stream"):
            talk: list[object] = [HumanMessage("Open the north gate.")]
            opened: list[str] = []
            for _ in range(4):
                reply = _reply(bound, talk, way)
                talk.append(reply)
                if not reply.tool_calls:
                    break
                for call in reply.tool_calls:
                    opened.append(call["args"]["door"])
                    talk.append(
                        ToolMessage(open_door.invoke(call["args"]), tool_call_id=call["id"])
                    )
            told[way] = reply.content
            told["opened"] = [*told.get("opened", []), *opened]
    else:
        typed = model.bind(max_tokens=90).bound.with_structured_output(
            Order, method="function_calling"
        )
        told["typed"] = typed.invoke("Bring me 2 apple pies.").model_dump()
    sys.stdout.write(json.dumps(told) + "\n")


def _reply(model, talk, way):  # noqa: ANN001, ANN202 - LangChain's own types are as loose
    if way == "plain":
        return model.invoke(talk)
    whole = None
    for chunk in model.stream(talk):
        whole = chunk if whole is None else whole + chunk
    return whole


main(sys.argv[1], "scripted" in sys.argv)
