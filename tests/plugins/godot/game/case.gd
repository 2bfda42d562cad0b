class_name Case
extends Node
## What test scripts have at hand: an engine of their own, and a log of all it says.

const MODEL: String = "hearsay/tavern"

## The address of the sidecar.
var url: String

## What was found wrong.
var faults: Array[String] = []

## Everything that the engine's signals have told, each as an array that begins with the name.
var heard: Array[Array] = []


## Notes a fault unless something holds.
func check(condition: Variant, what: String) -> void:
	if not condition:
		faults.append(what)


## Returns an engine that is a child of [param parent], or of this node, and connects.
func add_engine(parent: Node = self) -> HearsayEngine:
	var engine: HearsayEngine = HearsayEngine.new()
	engine.url = url
	engine.async_request_completed.connect(_on_reply)
	engine.inference_token_generated.connect(_on_token)
	engine.inference_completed.connect(_on_completed)
	engine.request_failed.connect(_on_failed)
	engine.request_cancelled.connect(_on_cancelled)
	parent.add_child(engine)
	return engine


## Returns a request for so many tokens.
func request(tokens: int = 12) -> HearsayRequest:
	return (
		HearsayRequest
		. ask("Any rumors lately?")
		. model(MODEL)
		. max_tokens(tokens)
		. seed_with(7)
		. field("ignore_eos", true)
	)


## Waits until the engine has told something of a job; returns it.
func until(what: String, job_id: int) -> Array:
	while lasts(what, job_id).is_empty():
		await get_tree().process_frame
	return lasts(what, job_id)[0]


## Waits for a job's last signal, and a few frames more, in which nothing may follow.
func until_over(job_id: int) -> Array:
	while ends(job_id).is_empty():
		await get_tree().process_frame
	for frame: int in 5:
		await get_tree().process_frame
	check(ends(job_id).size() == 1, "job %d had several ends: %s" % [job_id, ends(job_id)])
	return ends(job_id)[0]


## Waits until an engine leaves out frames.
func until_resting(engine: HearsayEngine) -> void:
	while engine.is_processing():
		await get_tree().process_frame


## Returns what was told of a job under a name.
func lasts(what: String, job_id: int) -> Array[Array]:
	return heard.filter(func(each: Array) -> bool: return each[0] == what and each[1] == job_id)


## Returns the last signals of a job; it must have one.
func ends(job_id: int) -> Array[Array]:
	return heard.filter(func(each: Array) -> bool: return each[0] != "token" and each[1] == job_id)


## Returns the text that the tokens of a job make.
func text(job_id: int) -> String:
	var all: String = ""
	for each: Array in lasts("token", job_id):
		all += each[2]
	return all


func _on_reply(job_id: int, response: String) -> void:
	heard.append(["reply", job_id, response])


func _on_token(job_id: int, token: String) -> void:
	heard.append(["token", job_id, token])


func _on_completed(job_id: int) -> void:
	heard.append(["completed", job_id])


func _on_failed(job_id: int, code: String, message: String) -> void:
	heard.append(["failed", job_id, code, message])


func _on_cancelled(job_id: int) -> void:
	heard.append(["cancelled", job_id])
