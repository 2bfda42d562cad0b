@tool
extends RefCounted
## Frames as a client writes and reads them: one JSON object each.

## Why the object that was read last is no message; empty if it is one.
var fault: String = ""


## Returns the frame of a message.
static func encode(message: Dictionary) -> PackedByteArray:
	return JSON.stringify(message, "", false).to_utf8_buffer()


## Returns the message that an object is; [code]null[/code] with a [member fault] if it is none, and
## without one if only a newer client knows it.
func read(document: Dictionary) -> RefCounted:
	fault = ""
	if not document.get("type") is String:
		fault = "a message has no type"
		return null
	var field: String = HearsayProtocol.server_message_fault(document)
	if field != "":
		fault = "a message of type %s has a wrong field %s" % [document["type"], field]
		return null
	return HearsayProtocol.read_server_message(document)
