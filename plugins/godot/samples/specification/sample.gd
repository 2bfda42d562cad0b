extends Control
## What the samples of the page take for granted: an engine that tells, a label, and a player.

## The function of the sample that the player's words go to.
@export var ask: StringName

@onready var engine: HearsayEngine = get_node("/root/Hearsay")
@onready var dialogue_label: Label = %Dialogue


func _ready() -> void:
	for told: StringName in [
		&"async_request_completed", &"inference_token_generated", &"inference_completed"
	]:
		if has_method("_on_" + told):
			engine.connect(told, Callable(self, "_on_" + told))
	engine.request_failed.connect(_on_request_failed)


func _on_async_request_completed(_job_id: int, response: String) -> void:
	dialogue_label.text = JSON.parse_string(response)["choices"][0]["message"]["content"]


func _on_request_failed(_job_id: int, _code: String, message: String) -> void:
	dialogue_label.text = message


func _on_question_submitted(text: String) -> void:
	%Question.clear()
	dialogue_label.text = ""
	call(ask, text)
