@tool
extends RefCounted
## A method of the game that the model may call, described by the method's own type hints.

const _TYPES: Dictionary[Variant.Type, String] = {
	TYPE_BOOL: "boolean",
	TYPE_INT: "integer",
	TYPE_FLOAT: "number",
	TYPE_STRING: "string",
	TYPE_STRING_NAME: "string",
	TYPE_NODE_PATH: "string",
	TYPE_ARRAY: "array",
	TYPE_PACKED_STRING_ARRAY: "array",
	TYPE_PACKED_INT32_ARRAY: "array",
	TYPE_PACKED_INT64_ARRAY: "array",
	TYPE_PACKED_FLOAT32_ARRAY: "array",
	TYPE_PACKED_FLOAT64_ARRAY: "array",
	TYPE_DICTIONARY: "object",
}

const _ITEMS: Dictionary[Variant.Type, String] = {
	TYPE_PACKED_STRING_ARRAY: "string",
	TYPE_PACKED_INT32_ARRAY: "integer",
	TYPE_PACKED_INT64_ARRAY: "integer",
	TYPE_PACKED_FLOAT32_ARRAY: "number",
	TYPE_PACKED_FLOAT64_ARRAY: "number",
}

## What the model calls it.
var name: String

## What it is for, as the model reads it.
var description: String

## What is wrong with it, or nothing.
var fault: String = ""

var _callable: Callable
var _parameters: Array[Dictionary] = []
var _required: int = 0


func _init(callable: Callable, what_for: String) -> void:
	_callable = callable
	name = callable.get_method()
	description = what_for
	var object: Object = callable.get_object()
	for method: Dictionary in object.get_method_list() if object else []:
		if method["name"] == name:
			var parameters: Array = method["args"]
			_parameters.assign(parameters)
			var defaults: Array = method["default_args"]
			_required = _parameters.size() - defaults.size()
			_check()
			return
	fault = "A tool must be a method with a name; give it one instead of a lambda."


## Returns it in the form that OpenAI and Hearsay know.
func describe() -> Dictionary:
	var properties: Dictionary = {}
	var required: Array[String] = []
	for index: int in _parameters.size():
		var parameter: String = _parameters[index]["name"]
		properties[parameter] = _schema(_parameters[index])
		if index < _required:
			required.append(parameter)
	var schema: Dictionary = {"type": "object", "properties": properties, "required": required}
	schema["additionalProperties"] = false
	var function: Dictionary = {"name": name, "description": description, "parameters": schema}
	return {"type": "function", "function": function}


## Calls the method and returns what it returned. What the model left out takes its default; what
## is wrong is told to the model as the result, so that it can mend it.
func call_with(arguments: Dictionary) -> Variant:
	var values: Array = []
	for index: int in _parameters.size():
		var parameter: Dictionary = _parameters[index]
		var key: String = parameter["name"]
		if not arguments.has(key):
			if index < _required:
				return "error: %s is missing" % key
			break  # Godot fills in defaults only from the end.
		var value: Variant = _convert(arguments[key], parameter)
		if value == null:
			return "error: %s is not of the right kind" % key
		values.append(value)
	if not _callable.is_valid():
		return "error: %s is gone" % name
	return await _callable.callv(values)


func _check() -> void:
	for parameter: Dictionary in _parameters:
		var type: Variant.Type = parameter["type"]
		if type not in _TYPES:
			fault = (
				"Parameter %s of %s needs a type hint that JSON has: bool, int, float, String, Array."
				% [parameter["name"], name]
			)


func _schema(parameter: Dictionary) -> Dictionary:
	var type: Variant.Type = parameter["type"]
	var choices: Dictionary = _choices(parameter)
	if choices:
		return {"type": "string", "enum": choices.keys()}
	var schema: Dictionary = {"type": _TYPES[type]}
	if type in _ITEMS:
		schema["items"] = {"type": _ITEMS[type]}
	elif type == TYPE_ARRAY and parameter["hint"] == PROPERTY_HINT_ARRAY_TYPE:
		var item: Variant.Type = _type_named(str(parameter["hint_string"]))
		if item in _TYPES:
			schema["items"] = {"type": _TYPES[item]}
	return schema


# An enum is told to the model by its names, which it understands, not by its numbers.
func _choices(parameter: Dictionary) -> Dictionary:
	var usage: int = parameter["usage"]
	var path: String = parameter["class_name"]
	if not usage & PROPERTY_USAGE_CLASS_IS_ENUM:
		return {}
	var script: Script = _script_named(path.left(path.rfind(".")))
	if script == null:
		return {}
	var found: Variant = script.get_script_constant_map().get(path.get_extension())
	return found if found is Dictionary else {}


func _script_named(word: String) -> Script:
	if word.begins_with("res://"):
		return load(word) if ResourceLoader.exists(word) else null
	for entry: Dictionary in ProjectSettings.get_global_class_list():
		if entry["class"] == word:
			var path: String = entry["path"]
			return load(path)
	return null


func _convert(value: Variant, parameter: Dictionary) -> Variant:
	var type: Variant.Type = parameter["type"]
	var choices: Dictionary = _choices(parameter)
	if choices:
		return choices.get(value)
	if type in [TYPE_INT, TYPE_FLOAT]:
		var is_number: bool = value is float or value is int or str(value).is_valid_float()
		return type_convert(float(str(value)), type) if is_number else null
	if type in [TYPE_STRING, TYPE_STRING_NAME, TYPE_NODE_PATH]:
		return type_convert(str(value), type)
	if type in [TYPE_BOOL, TYPE_DICTIONARY]:
		return value if typeof(value) == type else null
	return _convert_list(value, parameter)


func _convert_list(value: Variant, parameter: Dictionary) -> Variant:
	if not value is Array:
		return null
	var type: Variant.Type = parameter["type"]
	if type != TYPE_ARRAY or parameter["hint"] != PROPERTY_HINT_ARRAY_TYPE:
		return type_convert(value, type)
	var item: Variant.Type = _type_named(str(parameter["hint_string"]))
	var list: Array = Array([], item, &"", null)
	for one: Variant in value:
		list.append(type_convert(one, item))
	return list


func _type_named(word: String) -> Variant.Type:
	for type: Variant.Type in _TYPES:
		if type_string(type) == word:
			return type
	return TYPE_NIL
