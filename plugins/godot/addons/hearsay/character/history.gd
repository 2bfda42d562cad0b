@tool
extends RefCounted
## What was said between a character and the player, as the model reads it again.

## Tells files of ours from others, and newer forms of them.
const _FORMAT: String = "hearsay-history"
const _VERSION: int = 1

const _SPEAKERS: Array[String] = ["user", "assistant"]

## The messages, without what stands before them: role and content each.
var messages: Array[Dictionary] = []


## Adds what the player said; what was said before without being answered is one message with it.
func add_player(text: String) -> void:
	var last: Dictionary = messages.back() if messages else {}
	if last.get("role") == "user":
		last["content"] = "%s\n%s" % [last["content"], text]
	else:
		messages.append({"role": "user", "content": text})


## Adds what the character said.
func add_character(text: String) -> void:
	messages.append({"role": "assistant", "content": text})


## Adds the call of a tool and what it answered.
func add_call(tool_call: HearsayProtocol.ToolCall, result: String) -> void:
	var function: Dictionary = {"name": tool_call.name, "arguments": tool_call.arguments}
	var described: Dictionary = {"id": tool_call.id, "type": "function", "function": function}
	messages.append({"role": "assistant", "content": null, "tool_calls": [described]})
	messages.append({"role": "tool", "content": result, "tool_call_id": tool_call.id})


## Takes back what the player said last, if it was not answered.
func drop_unanswered() -> void:
	if messages and messages.back()["role"] == "user":
		messages.pop_back()


## Returns the end of it, not longer than so many exchanges, begun by the player; 0 returns all.
##
## Without [param with_calls] those of tools are left out: a model that reads of calls and is given
## no tools writes them as if it said them.
func latest(exchanges: int, with_calls: bool = true) -> Array[Dictionary]:
	var start: int = messages.size()
	var count: int = 0
	while start > 0 and (exchanges == 0 or count < exchanges):
		start -= 1
		if messages[start]["role"] == "user":
			count += 1
	var end: Array[Dictionary] = messages.slice(start)
	if with_calls:
		return end
	return end.filter(
		func(entry: Dictionary) -> bool:
			return entry["role"] != "tool" and not "tool_calls" in entry
	)


## Writes it to a file; a crash in between leaves the old file whole.
func save(path: String) -> Error:
	var file: FileAccess = FileAccess.open(path + ".new", FileAccess.WRITE)
	if file == null:
		return FileAccess.get_open_error()
	var text: String = JSON.stringify(to_dict())
	file.store_string(text)
	file.close()  # Only now it is written, and Godot does not tell whether the disk had room.
	if FileAccess.get_file_as_string(path + ".new") != text:
		DirAccess.remove_absolute(path + ".new")
		return ERR_FILE_CANT_WRITE
	return DirAccess.rename_absolute(path + ".new", path)


## Reads it from a file; one that is no history changes nothing.
func read(path: String) -> Error:
	# Windows takes the old file away before the new one gets its name.
	var there: String = path if FileAccess.file_exists(path) else path + ".new"
	if not FileAccess.file_exists(there):
		return ERR_FILE_NOT_FOUND
	var json: JSON = JSON.new()
	if json.parse(FileAccess.get_file_as_string(there)) != OK or not json.data is Dictionary:
		return ERR_PARSE_ERROR
	var document: Dictionary = json.data
	return from_dict(document)


## The same as a dictionary, for a save-game.
func to_dict() -> Dictionary:
	return {"format": _FORMAT, "version": _VERSION, "messages": messages.duplicate(true)}


## Takes what [method to_dict] returned; anything else changes nothing.
func from_dict(document: Dictionary) -> Error:
	if document.get("format") != _FORMAT or not document.get("messages") is Array:
		return ERR_FILE_UNRECOGNIZED
	if int(str(document.get("version", 0))) > _VERSION:
		return ERR_FILE_UNRECOGNIZED
	var read_messages: Array[Dictionary] = []
	for message: Variant in document["messages"]:
		if not message is Dictionary:
			return ERR_FILE_CORRUPT
		var entry: Dictionary = message
		if not _is_message(entry):
			return ERR_FILE_CORRUPT
		read_messages.append(entry.duplicate(true))
	messages = read_messages
	return OK


static func _is_message(entry: Dictionary) -> bool:
	var role: String = str(entry.get("role"))
	var content: Variant = entry.get("content")
	if role == "assistant" and entry.get("tool_calls") is Array:
		return content == null or content is String
	var is_answer: bool = role == "tool" and entry.get("tool_call_id") is String
	return content is String and (is_answer or role in _SPEAKERS)
