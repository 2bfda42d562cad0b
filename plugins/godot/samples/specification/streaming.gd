extends "sample.gd"

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
