extends SceneTree
## Plays the samples of the specification's page as a player would, and prints what they show.

const FOLDER: String = "res://samples/specification/"


func _initialize() -> void:
	_play_all.call_deferred()


func _play_all() -> void:
	var engine: HearsayEngine = root.get_node("Hearsay")
	await _play("system_prompt", ["Status report."], engine.async_request_completed)
	var words: Array[String] = ["What do you have on the menu?", "I'll have the stew."]
	await _play("multi_turn", words, engine.async_request_completed)
	await _play("streaming", ["Describe the dungeon."], engine.inference_completed)
	quit(0)


func _play(sample: String, words: Array[String], over: Signal) -> void:
	change_scene_to_file(FOLDER + sample + ".tscn")
	await scene_changed
	var shown: Array[String] = []
	for line: String in words:
		var question: LineEdit = current_scene.get_node("%Question")
		question.text_submitted.emit(line)
		await over
		var label: Label = current_scene.get_node("%Dialogue")
		shown.append(label.text)
	var conversation: Variant = current_scene.get("conversation")
	print(JSON.stringify({"sample": sample, "shown": shown, "conversation": conversation}))
