@tool
@icon("icon.svg")
class_name HearsayCharacter
extends Node
## Somebody the player can speak with: a persona, what was said so far, and a voice of signals.
##
## Put one below each figure of the scene, write its persona, and let the player speak with
## [method say]. Every call of it ends with exactly one of [signal reply_finished],
## [signal interrupted] and [signal reply_failed]; one that comes while the character still speaks
## interrupts it first. When the character is freed, so is what the model was writing for it.
## [codeblock]
## @onready var innkeeper: HearsayCharacter = $Innkeeper
##
## func _ready() -> void:
##     innkeeper.token.connect(func(text: String) -> void: $Label.text += text)
##     innkeeper.say("Any rumors lately?")
## [/codeblock]

## Emitted whenever some more was written of what the character says.
signal token(text: String)

## Emitted when a sentence of what the character says is complete.
signal sentence(text: String)

## Emitted when a value of the reply's [member form] is complete.
signal field(key: String, value: Variant)

## Emitted after the model has called a tool, with what the tool returned.
signal tool_used(tool: String, arguments: Dictionary, result: Variant)

## Emitted when the character has said everything; [param text] is all of it. Whether it reached
## [member max_tokens] before its end is [member was_cut].
signal reply_finished(text: String)

## Emitted when the character was interrupted; [param text] is what was heard of it.
signal interrupted(text: String)

## Emitted when there is no reply; [param code] is one of [HearsayProtocol.ErrorCode],
## [param message] says what to do.
signal reply_failed(code: String, message: String)

const Form = preload("character/form.gd")
const ReplyReader = preload("character/reply_reader.gd")
const SentenceSplitter = preload("character/sentence_splitter.gd")
const Tool = preload("character/tool.gd")
const History = preload("character/history.gd")

const _AUTOLOAD: String = "Hearsay"
const _CUT: String = " –"
const _NO_ENGINE: String = (
	"There is no autoload Hearsay: switch the addon off and on again in Project Settings, Plugins,"
	+ " or set `engine`"
)

@export_group("Who")

## Who the character is, as the model shall read it: "You are Marta, the keeper of the Crooked
## Lantern." Plain sentences serve small models best.
@export_multiline var persona: String = "":
	set(value):
		persona = value
		update_configuration_warnings()

## What it knows alike with others; give them the same resource.
@export var lore: HearsayLore:
	set(value):
		lore = value
		update_configuration_warnings()

## How the sidecar knows it, in its memory and its accounts. Empty: by its place in the tree.
@export var known_as: String = ""

## The model it speaks with. Empty: that of the project settings.
@export var model: String = ""

## Whose turn it is when not everybody can be served at once.
@export_enum("interactive", "normal", "background", "speculative")
var priority: String = "interactive"

## Within how many seconds a reply must begin to be of use, as with remarks in passing; else it is
## [signal interrupted] before it begins. 0 waits.
@export_range(0.0, 60.0, 0.5, "or_greater", "suffix:s") var begin_within: float = 0.0

@export_group("Sampling")

## How wild it speaks: 0 takes the likeliest word each time, 1 is the model's own distribution.
@export_range(0.0, 2.0, 0.05, "or_greater") var temperature: float = 0.7

## Words are drawn from the likeliest that together have this probability.
@export_range(0.0, 1.0, 0.01) var top_p: float = 0.95

## Words are drawn from so many of the likeliest; 0 is all.
@export_range(0, 200, 1, "or_greater") var top_k: int = 0

## Words less likely than this part of the likeliest are not drawn.
@export_range(0.0, 1.0, 0.01) var min_p: float = 0.05

## Higher says the same less often; 1 is off.
@export_range(1.0, 2.0, 0.01) var repeat_penalty: float = 1.0

## The same seed draws the same words; -1 draws another each time.
@export var seed_number: int = -1

## The longest reply, in tokens of about four letters; 0 is what the model can hold.
@export_range(0, 2048, 1, "or_greater") var max_tokens: int = 200

@export_group("Form")

## The values that a reply has beside what is said, each with the words it may be, separated by
## commas; nothing: any text. [code]mood[/code] with [code]calm, happy, angry[/code] comes with
## [signal field], before or after what is said, in the order that they stand here.
@export var form: Dictionary[String, String] = {}:
	set(value):
		form = value
		update_configuration_warnings()

## The one value of [member form] that the character says aloud.
@export var spoken: String = "line":
	set(value):
		spoken = value
		update_configuration_warnings()

@export_group("Memory")

## How many exchanges with the player the model reads again; 0 is all that fit.
@export_range(0, 100, 1, "or_greater") var remembered: int = 12

## What to do when persona and exchanges are more than the model can hold: leave out the oldest
## exchanges, have the model itself tell in short what was left out, or fail.
@export_enum("truncate_oldest", "summarize", "error")
var when_too_long: String = HearsayProtocol.ContextPolicy.TRUNCATE_OLDEST

## How many characters of the current reply the player has heard or read, for
## [method interrupt]; -1 is all that were written.
var heard: int = -1

## Whether the last reply reached [member max_tokens] before its end.
var was_cut: bool = false

## The engine that is asked. [code]null[/code]: the autoload [code]Hearsay[/code].
var engine: HearsayEngine

## The job of the current reply, or [code]null[/code] while there is none.
var job: HearsayJob

var _history: History = History.new()
var _tools: Dictionary[String, Tool] = {}
var _reader: ReplyReader
var _splitter: SentenceSplitter
var _said: String = ""
var _values: Dictionary = {}
var _has_warned: bool = false


func _notification(what: int) -> void:
	if what == NOTIFICATION_PREDELETE and job:
		job.cancel()


func _get_configuration_warnings() -> PackedStringArray:
	var warnings: PackedStringArray = []
	if persona.strip_edges() == "":
		warnings.append("Write a persona, such as “You are Marta, the keeper of a tavern.”")
	if form and spoken not in form:
		warnings.append("The form has no value “%s”, so the character says nothing." % spoken)
	if lore and lore.text.strip_edges() == "":
		warnings.append("The lore is empty.")
	if engine == null and not ProjectSettings.has_setting("autoload/" + _AUTOLOAD):
		warnings.append("Enable the addon Hearsay in the project settings.")
	return warnings


## Says something to the character and returns the job of its reply; see the signals of this class.
func say(text: String) -> HearsayJob:
	interrupt()
	_history.add_player(text)
	return _ask()


## Ends what the character is saying. Its memory holds what was [member heard] of it, cut short, and
## [signal interrupted] tells that. Nothing happens if it says nothing.
func interrupt() -> void:
	if job == null:
		return
	var asked: HearsayJob = job
	var text: String = _said if heard < 0 else _said.left(heard)
	_let_go()
	if _engine().has_feature(HearsayProtocol.Feature.HEARD) and not form:
		_engine().heard(asked.id, text.length())
	asked.cancel()
	if text.strip_edges():
		_remember(text + _CUT)
	interrupted.emit(text)


## Has the model read the persona and the tools ahead, so that the first reply begins sooner; call
## it when the player comes near.
func prepare() -> void:
	var hearsay: HearsayEngine = _engine()
	if hearsay and _can(HearsayProtocol.Feature.PREPARE):
		var messages: Array[Dictionary] = [{"role": "system", "content": get_system_text()}]
		hearsay.prepare(_model(), messages, get_tools())


## Lets the model call a method of the game. What it is for is told to the model in
## [param description], its parameters by the names and type hints of the method's own; an enum is
## told by its names. What the method returns, at once or later, is told to the model.
## [codeblock]
## innkeeper.add_tool(give_item, "Gives an item to the player.")
##
## func give_item(item: String, count: int = 1) -> String:
##     inventory.add(item, count)
##     return "given"
## [/codeblock]
func add_tool(callable: Callable, description: String) -> void:
	var tool: Tool = Tool.new(callable, description)
	if tool.fault:
		push_error("Hearsay: " + tool.fault)
		return
	_tools[tool.name] = tool


## Takes a tool away again.
func remove_tool(tool: String) -> void:
	_tools.erase(tool)


## Returns the tools in the form in which the model is told of them.
func get_tools() -> Array[Dictionary]:
	var described: Array[Dictionary] = []
	for tool: Tool in _tools.values():
		described.append(tool.describe())
	return described


## Returns what stands before the conversation: lore, persona, and the form of the replies.
func get_system_text() -> String:
	var parts: PackedStringArray = []
	if lore:
		parts.append(lore.text.strip_edges())
	parts.append(persona.strip_edges())
	if form:
		parts.append(Form.told(form))
	return " ".join(parts).strip_edges()


## Returns what was said so far, in OpenAI's form.
func get_history() -> Array[Dictionary]:
	return _history.messages.duplicate(true)


## Forgets everything that was said.
func clear_history() -> void:
	interrupt()
	_history.messages.clear()


## Adds a line that the character says without being asked, such as a greeting from a script.
func add_line(text: String) -> void:
	_remember(text)


## Writes what was said to a file. An old file stays whole if that fails.
func save_history(path: String) -> Error:
	return _history.save(path)


## Reads what [method save_history] wrote; any other file changes nothing and is an error.
func load_history(path: String) -> Error:
	interrupt()
	return _history.read(path)


## The same as [method save_history] for a save-game of your own.
func history_to_dict() -> Dictionary:
	return _history.to_dict()


## The same as [method load_history] for a save-game of your own.
func history_from_dict(document: Dictionary) -> Error:
	interrupt()
	return _history.from_dict(document)


func _engine() -> HearsayEngine:
	if engine == null and is_inside_tree():
		engine = get_tree().root.get_node_or_null(_AUTOLOAD)
	return engine


func _model() -> String:
	var address: String = engine.url if engine else ""
	return model if model else HearsaySettings.default_model(address)


func _known_as() -> String:
	var place: String = str(get_path()) if is_inside_tree() else str(name)
	return (known_as if known_as else place.trim_prefix("/root/")).right(
		HearsayProtocol.MAX_ID_LENGTH
	)


func _ask() -> HearsayJob:
	var hearsay: HearsayEngine = _engine()
	if hearsay == null:
		_fail.call_deferred(HearsayProtocol.ErrorCode.CONNECTION_LOST, _NO_ENGINE)
		return null
	_said = ""
	was_cut = false
	_values = {}
	heard = -1
	job = hearsay.submit(_request())
	_reader = ReplyReader.new(spoken)
	_reader.text_written.connect(_on_text_written.bind(job))
	_reader.value_found.connect(_on_value_found.bind(job))
	_splitter = SentenceSplitter.new()
	_splitter.sentence_found.connect(_on_sentence_found.bind(job))
	job.chunk_received.connect(_on_chunk_received)
	job.tool_called.connect(_on_tool_called)
	job.finished.connect(_on_finished)
	return job


func _request() -> HearsayRequest:
	var request: HearsayRequest = (
		HearsayRequest
		. new()
		. model(_model())
		. system(get_system_text())
		. messages(_history.latest(remembered, not _tools.is_empty()))
		. temperature(temperature)
		. top_p(top_p)
		. top_k(top_k)
		. min_p(min_p)
		. field("repeat_penalty", repeat_penalty)
		. field("context_policy", when_too_long)
		. priority(priority)
		. character(_known_as())
	)
	if begin_within > 0.0:
		request.first_token_by(begin_within)
	if max_tokens > 0:
		request.max_tokens(max_tokens)
	if seed_number >= 0:
		request.seed_with(seed_number)
	if form and _can(HearsayProtocol.Feature.RESPONSE_FORMAT):
		request.field("response_format", Form.response_format(form))
	if _tools and _can(HearsayProtocol.Feature.TOOLS):
		request.field("tools", get_tools())
	return request


# Before the first connection the sidecar is taken for one of our own version, which can.
func _can(feature: String) -> bool:
	return engine.has_feature(feature) or not engine.is_live()


func _remember(text: String) -> void:
	var values: Dictionary = _values.merged({spoken: text}, true)
	_history.add_character(Form.written(form, values) if form else text)


func _let_go() -> void:
	job.chunk_received.disconnect(_on_chunk_received)
	job.tool_called.disconnect(_on_tool_called)
	job.finished.disconnect(_on_finished)
	job = null


func _on_chunk_received(text: String) -> void:
	if form:
		_reader.feed(text)
	else:
		_on_text_written(spoken, text, job)


# Whoever hears one of these may have interrupted: then the rest of the chunk is no longer told.
func _on_text_written(key: String, text: String, asked: HearsayJob) -> void:
	if key != spoken or job != asked:
		return
	_said += text
	token.emit(text)
	if job == asked:
		_splitter.feed(text)


func _on_sentence_found(text: String, asked: HearsayJob) -> void:
	if job == asked:
		sentence.emit(text)


func _on_value_found(key: String, value: Variant, asked: HearsayJob) -> void:
	if job != asked:
		return
	_values[key] = value
	if key != spoken:
		field.emit(key, value)


func _on_tool_called(tool_call: HearsayProtocol.ToolCall) -> void:
	var asked: HearsayJob = job
	var json: JSON = JSON.new()
	var is_read: bool = json.parse(tool_call.arguments) == OK and json.data is Dictionary
	var arguments: Dictionary = json.data if is_read else {}
	var result: Variant = "error: there is no such tool"
	if not is_read:
		result = "error: the arguments are no JSON object"
	elif tool_call.name in _tools:
		result = await _tools[tool_call.name].call_with(arguments)
	var text: String = result if result is String else JSON.stringify(result)
	if asked.is_finished or asked != job:  # It may have been interrupted meanwhile.
		return
	_history.add_call(tool_call, text)
	engine.tool_result(asked.id, tool_call.id, text)
	tool_used.emit(tool_call.name, arguments, result)


func _on_finished(asked: HearsayJob) -> void:
	if asked.error and _is_left():
		job = null
		_remember_cut()
		interrupted.emit(_said)
		return
	if asked.error:
		job = null
		_fail(asked.error.code, asked.error.message)
		return
	if form:
		_reader.finish()
	_splitter.finish()
	if job != asked:
		return
	job = null
	if asked.was_cancelled() or asked.finish_reason == HearsayProtocol.FinishReason.EXPIRED:
		_remember_cut()
		interrupted.emit(_said)
		return
	was_cut = asked.finish_reason == HearsayProtocol.FinishReason.LENGTH
	if was_cut:
		_finish_cut()
		return
	_remember(_said)
	reply_finished.emit(_said)


# What the game ends by itself is no failure of the character's.
func _is_left() -> bool:
	return is_instance_valid(engine) and engine.is_leaving


func _finish_cut() -> void:
	if _said.strip_edges() == "":
		_fail(
			HearsayProtocol.ErrorCode.BROKEN_STREAM,
			"The reply reached max_tokens (%d) before anything was said; allow more" % max_tokens
		)
		return
	if not _has_warned:
		_has_warned = true
		push_warning(
			"Hearsay: %s was cut at max_tokens (%d); see was_cut" % [_known_as(), max_tokens]
		)
	_remember_cut()
	reply_finished.emit(_said)


func _fail(code: String, message: String) -> void:
	_history.drop_unanswered()
	if not reply_failed.has_connections():
		push_warning("Hearsay: %s has no reply: %s (%s)" % [_known_as(), message, code])
	reply_failed.emit(code, message)


func _remember_cut() -> void:
	if _said.strip_edges():
		_remember(_said + _CUT)
