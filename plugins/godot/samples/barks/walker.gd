extends Node2D
## Somebody who crosses the market and now and then says something in passing.

## Emitted when a remark was made, or was not in time.
signal remarked(in_time: bool)

const SPEED: float = 40.0
const SHOWN_SECONDS: float = 3.0
const REMARKS: PackedStringArray = [
	"Any rumors lately?", "How is the weather?", "What do you do?", "Good day.", "Who are you?"
]

## Where it may walk.
var ground: Rect2

## How long it is silent between remarks, in seconds.
var silence: float = 15.0

var _target: Vector2
var _rest: float = 0.0
var _shown: float = 0.0
var _color: Color = Color.from_hsv(randf(), 0.45, 0.75)

@onready var character: HearsayCharacter = $Character
@onready var _label: Label = $Label


func _ready() -> void:
	_target = position
	_rest = randf() * silence
	character.token.connect(_on_token)
	character.reply_finished.connect(_on_reply_finished)
	character.interrupted.connect(_on_interrupted)


func _process(delta: float) -> void:
	position = position.move_toward(_target, SPEED * delta)
	if position.is_equal_approx(_target):
		_target = ground.position + Vector2(randf(), randf()) * ground.size
	_shown -= delta
	_label.visible = _shown > 0.0
	_rest -= delta
	if _rest <= 0.0 and character.job == null:
		_rest = silence * randf_range(0.7, 1.3)
		_label.text = ""
		character.say(REMARKS[randi() % REMARKS.size()])


func _draw() -> void:
	draw_circle(Vector2(0, 2), 9.0, Color(0, 0, 0, 0.25))
	draw_rect(Rect2(-8, -24, 16, 26), _color)
	draw_circle(Vector2(0, -31), 9.0, Color("e8b98a"))


func _on_token(text: String) -> void:
	_label.text += text
	_shown = SHOWN_SECONDS


func _on_reply_finished(_text: String) -> void:
	remarked.emit(true)


func _on_interrupted(_text: String) -> void:
	remarked.emit(false)
