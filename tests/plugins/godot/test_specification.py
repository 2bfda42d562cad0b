"""The GDScript samples of the chat completions page, word for word, in a real Godot."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.plugins.godot.project import play
from tools.setup.places import ROOT

SAMPLES = ROOT / "plugins" / "godot" / "samples" / "specification"

PRINTED = {
    "system_prompt": """\
func get_ship_ai_response(player_input: String) -> void:
var request = {
"model": "in-memory::meta-llama/Llama-3.2-3B-Instruct-Q4_K_M",
"messages": [
{
"role": "system",
"content": "You are a ship AI aboard a deep-space freighter. You speak formally, address the player as Captain, and provide status reports when asked. You are concerned about a recent anomaly in sector 7."
},
{"role": "user", "content": player_input}
],
"temperature": 0.7
}
engine.async_chat_completions(JSON.stringify(request))
""",  # noqa: E501 - as it is printed
    "multi_turn": """\
# Keep conversation history in an array
var conversation: Array = [
{"role": "system", "content": "You are a helpful tavern keeper named Boris."}
]
func talk_to_npc(player_input: String) -> void:
conversation.append({"role": "user", "content": player_input})
var request = {
"model": "in-memory::meta-llama/Llama-3.2-3B-Instruct-Q4_K_M",
"messages": conversation
}
engine.async_chat_completions(JSON.stringify(request))
func _on_async_request_completed(_job_id: int, response: String) -> void:
var parsed = JSON.parse_string(response)
var reply = parsed["choices"][0]["message"]["content"]
conversation.append({"role": "assistant", "content": reply})
dialogue_label.text = reply
""",
    "streaming": """\
# Streaming uses the built-in signal-based API
func stream_narration(prompt: String) -> void:
var request = {
"model": "in-memory::meta-llama/Llama-3.2-3B-Instruct-Q4_K_M",
"messages": [
{"role": "system", "content": "You are a narrator for a fantasy RPG."},
{"role": "user", "content": prompt}
]
}
engine.stream_chat_completions(JSON.stringify(request))
# Called once per token as it arrives
func _on_inference_token_generated(_job_id: int, token: String) -> void:
dialogue_label.text += token # typewriter effect
func _on_inference_completed(_job_id: int) -> void:
print("Stream finished")
""",
}
"""The page's text, which has lost its indentation and blank lines."""


@pytest.mark.parametrize("name", PRINTED)
def test_a_sample_is_what_is_printed_but_for_its_indentation(name: str) -> None:
    inherits, *lines = (SAMPLES / f"{name}.gd").read_text("utf-8").splitlines()
    assert inherits == 'extends "sample.gd"'
    assert [line.strip() for line in lines if line.strip()] == PRINTED[name].splitlines()


def test_the_samples_play(sidecar: str, project: Path, tmp_path: Path) -> None:
    game = tmp_path / "game"
    shutil.copytree(project, game)
    settings = f'[hearsay]\n\nconnection/url="{sidecar}"\n'
    (game / "override.cfg").write_text(settings, encoding="utf-8")
    said = play(game, tmp_path, "--script", "res://tests/specification.gd")
    assert "ERROR" not in said, said
    assert said.count("Stream finished") == 1
    shown = {
        told["sample"]: told
        for told in (json.loads(line) for line in said.splitlines() if line.startswith("{"))
    }
    assert all(text.strip() for told in shown.values() for text in told["shown"]), shown
    conversation = shown["multi_turn"]["conversation"]
    roles = [message["role"] for message in conversation]
    assert roles == ["system", "user", "assistant", "user", "assistant"]
    assert [conversation[2]["content"], conversation[4]["content"]] == shown["multi_turn"]["shown"]
