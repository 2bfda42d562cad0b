@tool
extends RefCounted
## Reads a reply in JSON while it is written: values as they are complete, texts as they grow.
##
## Only the outermost object is looked into. A reply that is no object is one text, which is told as
## the value of [member plain_key]; a small model may not keep to a form.

## Emitted when a text has grown.
signal text_written(key: String, text: String)

## Emitted when a value is complete.
signal value_found(key: String, value: Variant)

enum State { OUTSIDE, BEFORE_KEY, KEY, AFTER_KEY, BEFORE_VALUE, TEXT, OTHER, OVER, PLAIN }

const _BLANK: String = " \t\r\n"
const _ESCAPES: Dictionary[String, String] = {
	"n": "\n", "t": "\t", "r": "\r", "b": "", "f": "", '"': '"', "\\": "\\", "/": "/"
}

## What a text without a form is the value of.
var plain_key: String

var _state: State = State.OUTSIDE
var _key: String = ""
var _value: String = ""
var _new: String = ""
var _escape: String = ""
var _surrogate: int = 0
var _depth: int = 0
var _is_quoted: bool = false


func _init(key: String) -> void:
	plain_key = key


## Takes what was written now.
func feed(text: String) -> void:
	for character: String in text:
		_take(character)
	_tell_text()


## Tells what is left when nothing more will come: a text that was cut short is told as it is.
func finish() -> void:
	_tell_text()
	if _state in [State.TEXT, State.PLAIN]:
		value_found.emit(_key, _value)
	elif _state == State.OTHER:
		_tell_other()
	_state = State.OVER


func _take(character: String) -> void:
	match _state:
		State.OUTSIDE:
			_begin(character)
		State.BEFORE_KEY:
			if character == '"':
				_key = ""
				_state = State.KEY
			elif character == "}":
				_state = State.OVER
		State.KEY:
			if character == '"':
				_state = State.AFTER_KEY
			else:
				_key += character
		State.AFTER_KEY:
			if character == ":":
				_state = State.BEFORE_VALUE
		State.BEFORE_VALUE:
			_begin_value(character)
		State.TEXT:
			_take_text(character)
		State.OTHER:
			_take_other(character)
		State.PLAIN:
			_new += character


func _begin(character: String) -> void:
	if character == "{":
		_state = State.BEFORE_KEY
	elif character not in _BLANK:
		_key = plain_key
		_value = ""
		_new = character
		_state = State.PLAIN


func _begin_value(character: String) -> void:
	_value = ""
	_depth = 0
	_is_quoted = false
	if character == '"':
		_state = State.TEXT
	elif character not in _BLANK:
		_state = State.OTHER
		_take_other(character)


func _take_text(character: String) -> void:
	if _escape:
		_escape += character
		_take_escape()
	elif character == "\\":
		_escape = character
	elif character == '"':
		_tell_text()
		_state = State.BEFORE_KEY
		value_found.emit(_key, _value)
	else:
		_new += character


func _take_escape() -> void:
	var kind: String = _escape[1]
	if kind != "u":
		_new += _ESCAPES.get(kind, kind)
		_escape = ""
	elif _escape.length() == 6:
		_take_code(_escape.substr(2).hex_to_int())
		_escape = ""


func _take_code(code: int) -> void:
	if code & 0xFC00 == 0xD800:
		_surrogate = code
	elif code & 0xFC00 == 0xDC00 and _surrogate:
		_new += String.chr(0x10000 + ((_surrogate & 0x3FF) << 10) + (code & 0x3FF))
		_surrogate = 0
	elif code:
		_new += String.chr(code)


# A number, a word, a list or an object: it ends where the outer object goes on.
func _take_other(character: String) -> void:
	if _depth == 0 and not _is_quoted and character in ",}":
		_state = State.OVER if character == "}" else State.BEFORE_KEY
		_tell_other()
		return
	_value += character
	if _is_quoted:
		if character == '"' and not _value.ends_with('\\"'):
			_is_quoted = false
	elif character == '"':
		_is_quoted = true
	elif character in "[{":
		_depth += 1
	elif character in "]}":
		_depth -= 1


func _tell_other() -> void:
	var json: JSON = JSON.new()
	if json.parse(_value) == OK:
		value_found.emit(_key, json.data)


func _tell_text() -> void:
	if _new:
		var text: String = _new
		_new = ""
		_value += text
		text_written.emit(_key, text)
