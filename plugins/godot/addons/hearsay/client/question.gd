@tool
extends RefCounted
## What was asked of the sidecar beside jobs, and waits for its one answer.

## Emitted once: with the answer, or with [code]null[/code] if the sidecar is gone.
signal answered(message: RefCounted)

## What is sent.
var document: Dictionary

## The type of message that answers.
var answer_type: GDScript


func _init(message: Dictionary, type: GDScript) -> void:
	document = message
	answer_type = type


## Gives the answer.
func answer(message: RefCounted) -> void:
	answered.emit(message)
