extends "sample.gd"

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
