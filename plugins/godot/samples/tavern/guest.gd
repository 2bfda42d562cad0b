extends Node2D
## Somebody in the tavern: a figure, a bubble, and the character that speaks through them.

## Emitted when the character has said all it will say now.
signal answered(text: String)

## Emitted when the player turns to this guest.
signal chosen

const Figure = preload("figure.gd")
const Bubble = preload("bubble.gd")

## What stands below the figure.
@export var title: String = ""

## The colour of the figure's clothes.
@export var clothes: Color = Color("7a3b2e")

## The colour of the figure's hair.
@export var hair: Color = Color("5a3a22")

@onready var character: HearsayCharacter = $Character
@onready var figure: Figure = $Figure
@onready var bubble: Bubble = $Bubble
@onready var _title: Label = $Title
@onready var _touch: Button = $Touch


func _ready() -> void:
	_title.text = title
	figure.clothes = clothes
	figure.hair = hair
	_touch.pressed.connect(chosen.emit)
	bubble.finished.connect(_on_bubble_finished)
	character.token.connect(_on_token)
	character.field.connect(_on_field)
	character.reply_finished.connect(_on_reply_finished)
	character.interrupted.connect(_on_interrupted)
	character.reply_failed.connect(_on_reply_failed)


func _process(_delta: float) -> void:
	# What the player has not read yet was not said yet, should somebody interrupt.
	character.heard = bubble.count_shown()
	figure.speaks = bubble.is_speaking()


## Lets the player say something to this guest, who falls silent to listen.
func hear(text: String) -> void:
	character.say(text)
	bubble.begin()


func _on_token(text: String) -> void:
	bubble.add(text)


func _on_field(key: String, value: Variant) -> void:
	if key == "mood":
		figure.feel(str(value))


func _on_reply_finished(text: String) -> void:
	bubble.end()
	answered.emit(text)


func _on_interrupted(_text: String) -> void:
	bubble.cut()


func _on_reply_failed(code: String, message: String) -> void:
	bubble.begin()
	bubble.add("…")
	bubble.end()
	push_warning("%s is lost for words: %s (%s)" % [title, message, code])


func _on_bubble_finished() -> void:
	figure.feel("calm")
