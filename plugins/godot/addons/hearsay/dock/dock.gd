@tool
extends VBoxContainer
## The dock: how the sidecar is, and a chat to try a persona without starting the game.

const LOOK_SECONDS: float = 1.0
const DOTS: Dictionary[String, Color] = {
	"off": Color("8a8f98"), "busy": Color("e0b04b"), "on": Color("6fcf73"), "bad": Color("e06c5a")
}

var _engine: HearsayEngine
var _speaker: String = ""
var _failure: String = ""
var _since_look: float = 0.0

@onready var _dot: ColorRect = %Dot
@onready var _state: Label = %State
@onready var _switch: Button = %Switch
@onready var _load: Label = %Load
@onready var _persona: TextEdit = %Persona
@onready var _selected: Button = %Selected
@onready var _talk: RichTextLabel = %Talk
@onready var _line: LineEdit = %Line
@onready var _forget: Button = %Forget
@onready var _character: HearsayCharacter = %Character


func _ready() -> void:
	_switch.pressed.connect(_on_switch_pressed)
	_selected.pressed.connect(_on_selected_pressed)
	_forget.pressed.connect(_on_forget_pressed)
	_line.text_submitted.connect(_on_line_submitted)
	_character.token.connect(_on_token)
	_character.reply_finished.connect(_on_reply_ended)
	_character.interrupted.connect(_on_reply_ended)
	_character.reply_failed.connect(_on_reply_failed)
	_show_state()


func _process(delta: float) -> void:
	_since_look += delta
	if _since_look >= LOOK_SECONDS and is_visible_in_tree():
		_since_look = 0.0
		_show_state()
		_show_load()


## Starts the sidecar, or connects to the one that runs.
func start() -> void:
	if _engine:
		return
	_failure = ""
	_engine = HearsayEngine.new()
	_engine.autostart = false
	_engine.connected.connect(_on_connected)
	_engine.disconnected.connect(_on_disconnected)
	add_child(_engine)
	_character.engine = _engine
	_engine.start()
	if _engine.sidecar:
		_engine.sidecar.failed.connect(_on_disconnected)
	_show_state()


## Lets go of the sidecar; it ends unless a game that runs still uses it.
func stop() -> void:
	if _engine == null:
		return
	_character.interrupt()
	_character.engine = null
	_engine.stop()
	_engine.queue_free()
	_engine = null
	_load.text = ""
	_show_state()


## Says something to the persona that is written in the dock.
func say(text: String) -> void:
	start()
	_character.persona = _persona.text
	_append("You", text)
	_speaker = "They"
	_character.say(text)


func _show_state() -> void:
	_switch.text = "Stop" if _engine else "Start"
	if _failure:
		_tell("bad", _failure)
	elif _engine and _engine.is_live():
		var owner_note: String = ""
		if _engine.sidecar and _engine.sidecar.is_shared:
			owner_note = ", shared with a game"
		_tell("on", "Ready" + owner_note)
	elif _engine:
		_tell("busy", "Starting")
	elif FileAccess.file_exists(HearsaySidecar.new().share_file):
		_tell("on", "A game has one running")
	else:
		_tell("off", "Not running; a game starts it by itself")


func _show_load() -> void:
	if _engine == null or not _engine.is_live():
		return
	var engine: HearsayEngine = _engine
	var status: HearsayProtocol.Status = await engine.get_status()
	if status == null or engine != _engine:
		return
	var lines: PackedStringArray = []
	for model: HearsayProtocol.ModelLoad in status.models:
		lines.append(
			(
				"%s: %d of %d speak, %d wait, %d tokens/s"
				% [model.model, model.running, model.slots, model.waiting, model.tokens_per_second]
			)
		)
	_load.text = "\n".join(lines)


func _tell(dot: String, text: String) -> void:
	_dot.color = DOTS[dot]
	_state.text = text


func _append(speaker: String, text: String) -> void:
	_talk.push_bold()
	_talk.add_text(speaker + ": ")
	_talk.pop()
	_talk.add_text(text)
	_talk.newline()


func _on_switch_pressed() -> void:
	if _engine:
		stop()
	else:
		start()


# A persona in the scene is tried as it stands there, lore and form and all.
func _on_selected_pressed() -> void:
	for node: Node in EditorInterface.get_selection().get_selected_nodes():
		if node is HearsayCharacter:
			var chosen: HearsayCharacter = node
			_persona.text = chosen.persona
			for property: String in [
				"lore", "model", "temperature", "top_p", "min_p", "max_tokens"
			]:
				_character.set(property, chosen.get(property))
			_on_forget_pressed()
			return
	_failure = ""
	_append("Hearsay", "Select a HearsayCharacter in the scene first.")


func _on_forget_pressed() -> void:
	_character.clear_history()
	_talk.clear()


func _on_line_submitted(text: String) -> void:
	if text.strip_edges():
		_line.clear()
		say(text.strip_edges())


func _on_token(text: String) -> void:
	if _speaker:
		_talk.push_bold()
		_talk.add_text(_speaker + ": ")
		_talk.pop()
		_speaker = ""
	_talk.add_text(text)


func _on_reply_ended(_text: String) -> void:
	_talk.newline()


func _on_reply_failed(_code: String, message: String) -> void:
	_append("Hearsay", message)


func _on_connected() -> void:
	_failure = ""
	_show_state()


func _on_disconnected(reason: String) -> void:
	_failure = reason if _engine and _engine.sidecar == null else ""
	if _engine and _engine.sidecar and _engine.sidecar.state == HearsaySidecar.State.FAILED:
		_failure = reason
	_show_state()
