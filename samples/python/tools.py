"""The model opens a door: it calls a function of this program, and goes on with the result."""
from bridge.client import Hearsay


def open_door(door: str) -> str:
    print(f"[the {door} opens]")
    return "opened"


request = {
    "model": "hearsay/tavern",
    "messages": [
        {"role": "system", "content": "You are a guard."},
        {"role": "user", "content": "Open the north gate."},
    ],
    "tools": [
        {
            "type": "function",
            "function": {
                "name": "open_door",
                "description": "Opens a door or gate.",
                "parameters": {
                    "type": "object",
                    "properties": {"door": {"enum": ["north gate", "south gate"]}},
                    "required": ["door"],
                    "additionalProperties": False,
                },
            },
        }
    ],
    "tool_choice": "required",
    "temperature": 0.7,
    "max_tokens": 100,
}

with Hearsay.launch() as hearsay:
    job = hearsay.stream_chat_completions(request, tools={"open_door": open_door})
    for text in job:
        print(text, end="", flush=True)
    print()
