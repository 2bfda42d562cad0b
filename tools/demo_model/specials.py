"""The special tokens of the embedded model: their spelling, their order, their kinds."""

from __future__ import annotations

BEGIN = "<|begin|>"
END = "<|end|>"
SYSTEM = "<|system|>"
USER = "<|user|>"
ASSISTANT = "<|assistant|>"
TOOL = "<|tool|>"
TOOLS = "<|tools|>"
REASON = "<|reason|>"
THINK = "<think>"
THINK_END = "</think>"
TOOL_CALL = "<tool_call>"
TOOL_CALL_END = "</tool_call>"

CONTROL = (BEGIN, END, SYSTEM, USER, ASSISTANT, TOOL, TOOLS, REASON)
"""Turn markers: never shown as text, never made from what a player types."""

VISIBLE = (THINK, THINK_END, TOOL_CALL, TOOL_CALL_END)
"""Tags the model writes into its reply; llama.cpp shows them as text (USER_DEFINED)."""

ALL = (*CONTROL, *VISIBLE)
"""All special tokens; a token's index here is its id."""
