@tool
class_name HearsayJob
extends RefCounted
## One request on its way through Hearsay.
##
## [HearsayEngine] makes them. A job ends exactly once, with [signal finished]; nothing is emitted
## before the call that made it has returned, and nothing after its end.
## [codeblock]
## var job: HearsayJob = Hearsay.submit(HearsayRequest.ask("Any rumors lately?"))
## job.chunk_received.connect(func(text: String) -> void: label.text += text)
## await job.finished
## if job.error:
##     push_warning(job.error.message)
## [/codeblock]

## Emitted when the request was understood and waits for its turn.
signal started(prompt_tokens: int)

## Emitted whenever the model has written some more; only if the request streams.
signal chunk_received(text: String)

## The same for the further replies of a request for several; [param index] counts from 1.
signal alternative_received(index: int, text: String)

## Emitted whenever a model that thinks aloud has thought some more.
signal reasoning_received(text: String)

## Emitted when a value of a JSON reply is complete, if the request asks for it; [param path] is a
## JSON pointer.
signal field_received(path: String, value: Variant)

## Emitted when a sentence is complete, if the request asks for it; [param number] counts from 0.
signal sentence_received(number: int, text: String)

## Emitted when the model calls a tool; [method HearsayEngine.tool_result] answers.
signal tool_called(tool_call: HearsayProtocol.ToolCall)

## Emitted once, whether the job went well or not; see [member error] and [member finish_reason].
signal finished(job: HearsayJob)

## The id that the submitting call returned.
var id: int

## Everything written so far, of the first reply.
var text: String = ""

## Everything thought so far, of the first reply.
var reasoning: String = ""

## Why the reply ended, one of [HearsayProtocol.FinishReason]; empty while it has not.
var finish_reason: String = ""

## What went wrong, or [code]null[/code].
var error: HearsayProtocol.JobFailed

## The whole answer, or [code]null[/code] while there is none; only if a reply was asked for.
var response: HearsayProtocol.ChatResponse

## What the job cost, or [code]null[/code] while that is not known.
var usage: HearsayProtocol.Usage

## Where the job's time went, or [code]null[/code] while that is not known.
var timings: HearsayProtocol.Timings

## What [method HearsayEngine.save_character] is to put into a save-game.
var character_state: String = ""

## What the sidecar let pass and is probably a slip, such as a misspelled field; Godot's log has it
## too.
var warnings: Array[String] = []

## Whether the job is over, well or not.
var is_finished: bool = false

var _cancel: Callable
var _others: Dictionary[int, String] = {}


## For the client that sends it: [param cancel_job] takes the job back.
func _init(job_id: int = 0, cancel_job: Callable = Callable()) -> void:
	id = job_id
	_cancel = cancel_job


## Returns what was written so far of one of several replies; the first, 0, is [member text].
func get_text(index: int) -> String:
	return text if index == 0 else _others.get(index, "")


## Whether the job ended with a reply, if only with a part of one.
func succeeded() -> bool:
	return is_finished and error == null


## Whether it was taken back, by [method cancel] or by a newer job of its [code]replace_key[/code].
func was_cancelled() -> bool:
	return finish_reason == HearsayProtocol.FinishReason.CANCELLED


## Takes the job back; what is written by then stays. One that is over stays as it is.
func cancel() -> void:
	if not is_finished and _cancel.is_valid():
		_cancel.call()


## For the client: takes in the first reply's next text.
func receive_text(new: String) -> void:
	text += new
	chunk_received.emit(new)


## For the client: takes in what is new of the job.
func receive(message: RefCounted) -> void:
	if message is HearsayProtocol.JobChunk:
		var chunk: HearsayProtocol.JobChunk = message
		_take_chunk(chunk)
	elif message is HearsayProtocol.JobStarted:
		var start: HearsayProtocol.JobStarted = message
		warnings = start.warnings
		for warning: String in warnings:
			push_warning("Hearsay: job %d was let pass with %s" % [id, warning])
		started.emit(start.prompt_tokens)
	elif message is HearsayProtocol.JobSentence:
		var sentence: HearsayProtocol.JobSentence = message
		sentence_received.emit(sentence.number, sentence.text)
	elif message is HearsayProtocol.JobField:
		var field: HearsayProtocol.JobField = message
		field_received.emit(field.path, field.value)
	elif message is HearsayProtocol.JobToolCall:
		var called: HearsayProtocol.JobToolCall = message
		tool_called.emit(called.tool_call)
	else:
		_finish(message)


func _take_chunk(chunk: HearsayProtocol.JobChunk) -> void:
	if chunk.reasoning:
		if chunk.index == 0:
			reasoning += chunk.text
			reasoning_received.emit(chunk.text)
	elif chunk.index == 0:
		receive_text(chunk.text)
	else:
		_others[chunk.index] = get_text(chunk.index) + chunk.text
		alternative_received.emit(chunk.index, chunk.text)


func _finish(message: RefCounted) -> void:
	if message is HearsayProtocol.JobDone:
		var done: HearsayProtocol.JobDone = message
		_take_response(done)
	elif message is HearsayProtocol.JobFailed:
		error = message
	elif message is HearsayProtocol.CharacterSaved:
		var saved: HearsayProtocol.CharacterSaved = message
		character_state = saved.state
	is_finished = true
	_cancel = Callable()
	finished.emit(self)


func _take_response(done: HearsayProtocol.JobDone) -> void:
	response = done.response
	usage = response.usage
	timings = done.timings
	for choice: HearsayProtocol.Choice in response.choices:
		var content: String = choice.message.content if choice.message.content is String else ""
		if choice.index == 0:
			text = content if content != "" else text
			var thought: Variant = choice.message.reasoning_content
			reasoning = thought if thought is String and thought != "" else reasoning
			finish_reason = choice.finish_reason
		elif content != "":
			_others[choice.index] = content
