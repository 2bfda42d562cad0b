extends Control
## The Crooked Lantern: speak with the innkeeper, the smith and the healer.
##
## Each guest is a [HearsayCharacter]; all three share one lore. Type while one of them speaks, and
## it falls silent to listen. The mood in a reply moves the figure before the first word is shown.

## What the innkeeper has to give away; the model is told these names.
enum Item { LANTERN, KEY, MAP, APPLE }

const Guest = preload("guest.gd")

const QUESTIONS: PackedStringArray = [
	"What do you have on the menu?", "Any rumors lately?", "Can I have the lantern?", "Who are you?"
]

var _guest: Guest
var _asked: String = ""
var _items: Array[Item] = []
var _wanted: Array[Item] = []

@onready var _hearsay: HearsayEngine = $/root/Hearsay
@onready var _guests: Node2D = $Guests
@onready var _marta: Guest = $Guests/Marta
@onready var _line: LineEdit = %Line
@onready var _questions: HBoxContainer = %Questions
@onready var _bag: HBoxContainer = %Bag
@onready var _news: Label = %News


func _ready() -> void:
	for guest: Guest in _guests.get_children():
		guest.chosen.connect(_turn_to.bind(guest))
		guest.answered.connect(_on_answered.bind(guest))
	for question: String in QUESTIONS:
		var button: Button = Button.new()
		button.text = question
		button.focus_mode = Control.FOCUS_NONE
		button.pressed.connect(_say.bind(question))
		_questions.add_child(button)
	_line.text_submitted.connect(_on_line_submitted)
	_hearsay.model_loading_progress.connect(_on_model_loading_progress)
	_hearsay.model_loading_completed.connect(_on_model_loading_completed)
	_hearsay.disconnected.connect(_tell)
	_tell("The fire is being lit …")
	_line.grab_focus()
	_turn_to(_marta)
	_say("Good evening!")


func _unhandled_key_input(event: InputEvent) -> void:
	if event.is_action_pressed("ui_cancel"):
		_guest.character.interrupt()


## A tool of Marta's: the model calls it when it gives something to the player. The type of the
## parameter tells the model what there is.
func give_item(item: Item) -> String:
	if item in _items:
		return "The player has it already."
	if item not in _wanted:
		return "The player did not ask for that."
	_items.append(item)
	var tag: Label = Label.new()
	tag.text = "  %s  " % _name_of(item)
	tag.add_theme_stylebox_override("normal", _bag.get_theme_stylebox("panel", "PanelContainer"))
	_bag.add_child(tag)
	tag.modulate.a = 0.0
	create_tween().tween_property(tag, "modulate:a", 1.0, 0.6)
	return "given"


func _say(text: String) -> void:
	_asked = text
	_offer(text.to_lower())
	if _hearsay.is_live():
		_tell("You: " + text)
	_guest.hear(text)


# A model that is offered a tool is tempted to use it, so it is offered when it makes sense.
func _offer(question: String) -> void:
	_wanted.clear()
	_marta.character.remove_tool("give_item")
	for item: Item in Item.values():
		if "have" in question and _name_of(item).to_lower() in question:
			_wanted.append(item)
	if _wanted:
		_marta.character.add_tool(give_item, "Gives an item to the player.")


func _turn_to(guest: Guest) -> void:
	_guest = guest
	for other: Guest in _guests.get_children():
		other.figure.is_chosen = other == guest
	_line.placeholder_text = "Say something to %s" % guest.title
	guest.character.prepare()


func _on_line_submitted(text: String) -> void:
	_line.clear()
	if text.strip_edges():
		_say(text.strip_edges())


# The built-in model is tiny, and may speak of giving without calling the tool. A larger one needs
# nothing of this.
func _on_answered(_text: String, guest: Guest) -> void:
	if guest == _marta:
		for item: Item in _wanted:
			give_item(item)


func _on_model_loading_progress(model: String, progress: float) -> void:
	_tell("%s is being read, %d %%" % [model, progress * 100.0])


func _on_model_loading_completed(success: bool) -> void:
	_tell(
		"You: " + _asked if success else "The model cannot be loaded; the sidecar's log says why."
	)


func _tell(text: String) -> void:
	_news.text = text


static func _name_of(item: Item) -> String:
	var names: Array = Item.keys()
	return str(names[item]).capitalize()
