@tool
extends RefCounted
## One job from its submit to its last message, as its client knows it.

## What was asked.
var document: Dictionary

## What the game holds of it.
var job: HearsayJob

## Its name on the wire.
var name: String

## Whether it was sent, over whichever connection.
var sent: bool = false

## Whether the sidecar has said anything of it.
var heard: bool = false

## Whether it is to be taken back.
var cancelled: bool = false

## What tools have answered, by the call's id: it is sent again if the call comes again.
var results: Dictionary[String, Dictionary] = {}

## Which part of the reply is missing, after [method news] has found that; else empty.
var gap: String = ""

var _born: int = Time.get_ticks_msec()
var _told: Dictionary[String, bool] = {}

# Code points received: of each choice's text, then of each choice's reasoning.
var _offsets: PackedInt64Array


func _init(order: Dictionary, its_job: HearsayJob) -> void:
	document = order
	name = order["job"]
	job = its_job
	_offsets.resize(2 * HearsayProtocol.MAX_CHOICES)


## Returns what to send; time spent waiting for a connection is taken off its limits.
func due() -> Dictionary:
	var order: Dictionary = document.duplicate()
	for limit: String in ["deadline_ms", "first_token_by_ms"]:
		if order.has(limit):
			var allowed: int = order[limit]
			order[limit] = maxi(1, allowed - (Time.get_ticks_msec() - _born))
	return order


## Returns how much is here, so that exactly the rest comes.
func seen() -> HearsayProtocol.Seen:
	var here: HearsayProtocol.Seen = HearsayProtocol.Seen.new()
	here.job = name
	here.offsets = _offsets_from(0)
	here.reasoning_offsets = _offsets_from(HearsayProtocol.MAX_CHOICES)
	return here


## Takes the next text of the first reply, which ends at code point [param end]; returns whether it
## is that, else nothing has changed.
func take_text(text: String, end: float) -> bool:
	if text == "" or end - text.length() != _offsets[0]:
		return false
	_offsets[0] = int(end)
	heard = true
	job.receive_text(text)
	return true


## Returns what of a message is new, [code]null[/code] if nothing is; see [member gap].
func news(message: RefCounted) -> RefCounted:
	heard = true
	if message is HearsayProtocol.JobChunk:
		var chunk: HearsayProtocol.JobChunk = message
		return chunk if _take(chunk) else null
	if message is HearsayProtocol.JobDone:
		var done: HearsayProtocol.JobDone = message
		return _whole(done)
	var key: String = _key(message)
	if _told.has(key):
		return null
	if key != "":
		_told[key] = true
	return message


# Cuts a chunk to what of it is new; returns whether anything is.
func _take(chunk: HearsayProtocol.JobChunk) -> bool:
	var begin: int = chunk.offset - chunk.text.length()
	if chunk.index < 0 or chunk.index >= HearsayProtocol.MAX_CHOICES or begin < 0:
		gap = "A chunk of choice %d ends at %d: that cannot be" % [chunk.index, chunk.offset]
		return false
	var place: int = chunk.index + (HearsayProtocol.MAX_CHOICES if chunk.reasoning else 0)
	var have: int = _offsets[place]
	if begin > have:
		gap = "The reply's code points %d to %d did not come" % [have, begin]
	if begin > have or chunk.offset <= have:
		return false
	_offsets[place] = chunk.offset
	if begin < have:
		chunk.text = chunk.text.substr(have - begin)
	return true


# Names what is told once; a last message has no name, as nothing follows it anyway.
static func _key(message: RefCounted) -> String:
	if message is HearsayProtocol.JobStarted:
		return "started"
	if message is HearsayProtocol.JobSentence:
		var sentence: HearsayProtocol.JobSentence = message
		return "sentence %d %d" % [sentence.index, sentence.number]
	if message is HearsayProtocol.JobField:
		var field: HearsayProtocol.JobField = message
		return "field %d %s" % [field.index, field.path]
	if message is HearsayProtocol.JobToolCall:
		var called: HearsayProtocol.JobToolCall = message
		return "call " + called.tool_call.id
	return ""


# A stream's end must have been streamed; a reply too long for one message came in chunks alone.
func _whole(done: HearsayProtocol.JobDone) -> HearsayProtocol.JobDone:
	for choice: HearsayProtocol.Choice in done.response.choices:
		if choice.index < 0 or choice.index >= HearsayProtocol.MAX_CHOICES:
			gap = "There is no choice %d" % choice.index
			return null
		if choice.message.content is String:
			var content: String = choice.message.content
			if _streams() and content.length() > _offsets[choice.index]:
				gap = (
					"The reply's end, from code point %d on, was not streamed"
					% _offsets[choice.index]
				)
				return null
		elif _offsets[choice.index] > 0:
			choice.message.content = job.get_text(choice.index)
	return done


func _streams() -> bool:
	var request: Variant = document.get("request")
	if not request is Dictionary:
		return false
	var fields: Dictionary = request
	return fields.get("stream") == true


func _offsets_from(place: int) -> Array[int]:
	var found: Array[int] = []
	for index: int in HearsayProtocol.MAX_CHOICES:
		if _offsets[place + index] > 0:
			found.resize(index + 1)
			found[index] = _offsets[place + index]
	return found
