@tool
extends RefCounted
## The form of a reply: its values, each with the words it may be, separated by commas; none is any
## text.


## Returns the sentence that tells the model of a form.
static func told(form: Dictionary[String, String]) -> String:
	var keys: Array = form.keys()
	var last: String = keys.pop_back()
	var named: String = ", ".join(keys) + " and " + last if keys else last
	return "Answer in JSON with the keys %s." % named


## Returns what holds a reply to a form, as OpenAI's requests have it.
static func response_format(form: Dictionary[String, String]) -> Dictionary:
	var properties: Dictionary = {}
	for key: String in form:
		var words: Array[String] = []
		for word: String in form[key].split(",", false):
			words.append(word.strip_edges())
		properties[key] = {"enum": words} if words else {"type": "string"}
	var schema: Dictionary = {
		"type": "object",
		"properties": properties,
		"required": form.keys(),
		"additionalProperties": false,
	}
	return {"type": "json_schema", "json_schema": {"name": "reply", "schema": schema}}


## Returns the reply that has these values, as the model would have written it.
static func written(form: Dictionary[String, String], values: Dictionary) -> String:
	var all: Dictionary = {}
	for key: String in form:
		all[key] = values.get(key, "")
	return JSON.stringify(all, "", false)
