extends "sample.gd"

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
