extends Node2D
## A market with thirty people who mutter in passing.
##
## Each is a [HearsayCharacter] of the priority [code]background[/code] that gives up a remark that
## comes too late: somebody the player speaks with would be served first. They share one lore.

const Walker = preload("walker.gd")
const WALKER: PackedScene = preload("walker.tscn")
const COUNT: int = 30
const GROUND: Rect2 = Rect2(40, 120, 1072, 480)
const TRADES: PackedStringArray = [
	"baker",
	"smith",
	"guard",
	"farmer",
	"merchant",
	"healer",
	"fisher",
	"weaver",
	"hunter",
	"miller"
]
const NAMES: PackedStringArray = [
	"Alda", "Borin", "Cora", "Dorn", "Elsa", "Falk", "Gerda", "Hagen", "Inga", "Jorg"
]

var _made: int = 0
var _late: int = 0
var _news: String = "Starting"

@onready var _hearsay: HearsayEngine = $/root/Hearsay
@onready var _status: Label = $Status
@onready var _silence: HSlider = $Silence
@onready var _walkers: Node2D = $Walkers


func _ready() -> void:
	for index: int in COUNT:
		_walkers.add_child(_make(index))
	_silence.value_changed.connect(_on_silence_changed)
	_hearsay.connected.connect(_on_connected)
	_hearsay.disconnected.connect(_on_disconnected)


func _process(_delta: float) -> void:
	var talking: int = 0
	for walker: Walker in _walkers.get_children():
		if walker.character.job:
			talking += 1
	_status.text = (
		"%s   %d fps   %d of %d speak or wait   %d remarks, %d too late"
		% [_news, Engine.get_frames_per_second(), talking, COUNT, _made, _late]
	)


func _draw() -> void:
	draw_rect(Rect2(0, 0, 1152, 648), Color("8fa876"))
	draw_rect(GROUND.grow(30), Color("c9b48a"))
	for stall: int in 5:
		var at: Vector2 = Vector2(120 + stall * 215, 84)
		draw_rect(Rect2(at, Vector2(120, 46)), Color("7a5636"))
		for strip: int in 6:
			var color: Color = Color("b5483a") if strip % 2 else Color("efe6d0")
			draw_rect(Rect2(at.x - 6 + strip * 22, at.y - 26, 22, 30), color)


func _make(index: int) -> Walker:
	var walker: Walker = WALKER.instantiate()
	walker.ground = GROUND
	walker.position = GROUND.position + Vector2(randf(), randf()) * GROUND.size
	var character: HearsayCharacter = walker.get_node("Character")
	var person: String = NAMES[index % NAMES.size()]
	var trade: String = TRADES[(index * 7 + index / 10) % TRADES.size()]
	character.persona = "You are %s, a %s in Eldham." % [person, trade]
	walker.remarked.connect(_on_remarked)
	return walker


func _on_silence_changed(seconds: float) -> void:
	for walker: Walker in _walkers.get_children():
		walker.silence = seconds


func _on_remarked(in_time: bool) -> void:
	if in_time:
		_made += 1
	else:
		_late += 1


func _on_connected() -> void:
	_news = "Connected"


func _on_disconnected(reason: String) -> void:
	_news = reason
