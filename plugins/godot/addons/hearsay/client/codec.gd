@tool
extends RefCounted
## Frames as a client writes and reads them: one JSON object each.

## Why the frame that was read last is no message; empty if it is one.
var fault: String = ""

var _json: JSON = JSON.new()

# Chunks are nine of ten messages, and nobody keeps them: there is one object for all.
var _chunk: HearsayProtocol.JobChunk = HearsayProtocol.JobChunk.new()


## Returns the frame of a message.
static func encode(message: Dictionary) -> PackedByteArray:
	return JSON.stringify(message, "", false).to_utf8_buffer()


## Returns the message of a frame, valid until the next call; [code]null[/code] with a
## [member fault] if it cannot be read, and without one if only a newer client knows it.
func decode(frame: PackedByteArray) -> RefCounted:
	fault = ""
	if frame.size() > HearsayProtocol.MAX_FRAME_BYTES:
		fault = (
			"the message has %d bytes; %d are allowed"
			% [frame.size(), HearsayProtocol.MAX_FRAME_BYTES]
		)
		return null
	if _json.parse(frame.get_string_from_utf8()) != OK or not _json.data is Dictionary:
		fault = "a message is no JSON object"
		return null
	var document: Dictionary = _json.data
	if document.get("type") == "job_chunk" and _read_chunk(document):
		return _chunk
	if not document.get("type") is String:
		fault = "a message has no type"
		return null
	var field: String = HearsayProtocol.server_message_fault(document)
	if field != "":
		fault = "a message of type %s has a wrong field %s" % [document["type"], field]
		return null
	return HearsayProtocol.read_server_message(document)


# Reads a chunk that has nothing rare about it; any other, and a wrong one, is read as all messages.
func _read_chunk(document: Dictionary) -> bool:
	var job: Variant = document.get("job")
	var text: Variant = document.get("text")
	var offset: Variant = document.get("offset")
	var index: Variant = document.get("index", 0.0)
	if not (job is String and text is String and offset is float and index is float):
		return false
	_chunk.job = job
	_chunk.text = text
	_chunk.offset = offset
	_chunk.index = index
	_chunk.reasoning = false
	return _chunk.offset == offset and _chunk.index == index and not document.has("reasoning")
