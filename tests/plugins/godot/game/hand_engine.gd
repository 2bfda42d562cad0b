extends HearsayEngine
## An engine whose sidecar is the test itself.

## What was submitted.
var requests: Array[Dictionary] = []

## What was cancelled, heard and answered by tools, in order.
var said: Array = []

## What this sidecar can do.
var can: Array[String] = []

## Whether it is connected.
var live: bool = true

var _made: Array[HearsayJob] = []


func _init() -> void:
	autostart = false


func submit(request: Variant, _for_node: Node = null, _stream: bool = true) -> HearsayJob:
	var asked: HearsayRequest = request
	requests.append(asked.to_order(str(_made.size()), true))
	var id: int = _made.size()
	_made.append(HearsayJob.new(id, func() -> void: said.append(["cancel", id])))
	return _made[-1]


func is_live() -> bool:
	return live


func has_feature(feature: String) -> bool:
	return feature in can


func prepare(
	model: String, messages: Array[Dictionary], tools: Array[Dictionary] = []
) -> HearsayJob:
	said.append(["prepare", model, messages, tools])
	return HearsayJob.new()


func heard(job_id: int, characters: int) -> void:
	said.append(["heard", job_id, characters])


func tool_result(job_id: int, call_id: String, content: String) -> void:
	said.append(["tool", job_id, call_id, content])


## Lets go of all jobs.
func forget() -> void:
	_made.clear()


## Lets the last job have some text.
func write(text: String, job_id: int = -1) -> void:
	var chunk: HearsayProtocol.JobChunk = HearsayProtocol.JobChunk.new()
	chunk.text = text
	_made[job_id].receive(chunk)


## Lets the last job end.
func end(reason: String = HearsayProtocol.FinishReason.STOP, job_id: int = -1) -> void:
	var done: HearsayProtocol.JobDone = HearsayProtocol.JobDone.new()
	var choice: HearsayProtocol.Choice = HearsayProtocol.Choice.new()
	choice.message.content = _made[job_id].text
	choice.finish_reason = reason
	done.response.choices.append(choice)
	_made[job_id].receive(done)


## Lets the last job fail.
func fail(code: String, message: String) -> void:
	var failed: HearsayProtocol.JobFailed = HearsayProtocol.JobFailed.new()
	failed.code = code
	failed.message = message
	_made[-1].receive(failed)


## Lets the last job call a tool.
func call_tool(tool: String, arguments: String) -> void:
	var message: HearsayProtocol.JobToolCall = HearsayProtocol.JobToolCall.new()
	message.tool_call.id = "c1"
	message.tool_call.name = tool
	message.tool_call.arguments = arguments
	_made[-1].receive(message)
