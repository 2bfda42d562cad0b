@tool
extends RefCounted
## Cuts text into sentences while it is written.

## Emitted when a sentence is complete.
signal sentence_found(text: String)

const _ENDS: String = ".!?…。！？"
const _CLOSERS: String = "\"'”’»)]*"
const _WIDE_ENDS: String = "。！？"
const _SHORT: PackedStringArray = ["mr.", "mrs.", "ms.", "dr.", "st.", "no.", "vs.", "etc."]

var _text: String = ""


## Takes what was written now.
func feed(text: String) -> void:
	for character: String in text:
		if character in " \n\t" and _is_complete() or character == "\n":
			_tell()
		else:
			_text += character
			if character in _WIDE_ENDS:
				_tell()


## Tells what is left when nothing more will come.
func finish() -> void:
	_tell()


func _is_complete() -> bool:
	var end: int = _text.length() - 1
	while end >= 0 and _text[end] in _CLOSERS:
		end -= 1
	if end < 0 or _text[end] not in _ENDS:
		return false
	var word: String = _text.left(end + 1).get_slice(" ", _text.get_slice_count(" ") - 1)
	return word.to_lower() not in _SHORT


func _tell() -> void:
	var sentence: String = _text.strip_edges()
	_text = ""
	if sentence:
		sentence_found.emit(sentence)
