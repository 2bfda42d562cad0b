@tool
extends Node2D
## A figure drawn with a few strokes; its mood is in its brows, its mouth and how it moves.

## What a mood looks like: brows (inner end down), mouth (ends up), speed, size of the movement.
const LOOKS: Dictionary[String, Array] = {
	"calm": [0.0, 0.25, 1.5, 2.0],
	"happy": [-0.25, 1.0, 4.0, 6.0],
	"proud": [0.1, 0.6, 1.5, 4.0],
	"sad": [-0.7, -0.8, 0.8, 2.0],
	"angry": [1.0, -0.6, 9.0, 3.0],
	"afraid": [-0.9, -0.4, 14.0, 2.0],
	"curious": [-0.5, 0.3, 2.5, 4.0],
}
const SKIN: Color = Color("e8b98a")
const DARK: Color = Color("2b1d16")

## The colour of its clothes.
var clothes: Color = Color("7a3b2e")

## The colour of its hair.
var hair: Color = Color("5a3a22")

## Whether it speaks right now.
var speaks: bool = false

## Whether the player is turned to it.
var is_chosen: bool = false

var _mood: String = "calm"
var _brows: float = 0.0
var _mouth: float = 0.25
var _time: float = randf() * TAU


func _ready() -> void:
	set_process(not Engine.is_editor_hint())


func _process(delta: float) -> void:
	var look: Array = LOOKS[_mood]
	var speed: float = look[2]
	var brows: float = look[0]
	var mouth: float = look[1]
	_time += delta * speed
	_brows = lerpf(_brows, brows, minf(1.0, delta * 6.0))
	_mouth = lerpf(_mouth, mouth, minf(1.0, delta * 6.0))
	queue_redraw()


func _draw() -> void:
	var look: Array = LOOKS[_mood]
	var size: float = look[3]
	var lift: float = sin(_time) * size
	draw_set_transform(Vector2(0, 4), 0.0, Vector2(1.0, 0.2))
	draw_circle(Vector2.ZERO, 62.0, Color(0, 0, 0, 0.35))
	draw_set_transform(Vector2(0, lift))
	_draw_body()
	_draw_face(Vector2(0, -136))


## Shows a mood; one that is not known is taken for calm.
func feel(mood: String) -> void:
	_mood = mood if mood in LOOKS else "calm"


func _draw_body() -> void:
	var outline: PackedVector2Array = [
		Vector2(-34, -104),
		Vector2(34, -104),
		Vector2(58, -20),
		Vector2(52, 0),
		Vector2(-52, 0),
		Vector2(-58, -20)
	]
	draw_colored_polygon(outline, clothes)
	draw_line(Vector2(0, -100), Vector2(0, -4), clothes.darkened(0.25), 3.0)
	if is_chosen:
		draw_polyline(outline + PackedVector2Array([outline[0]]), Color("f4c95d"), 3.0, true)


func _draw_face(head: Vector2) -> void:
	draw_circle(head + Vector2(0, -6), 41.0, hair)
	draw_circle(head, 36.0, SKIN)
	for side: float in [-1.0, 1.0]:
		draw_circle(head + Vector2(13.0 * side, -3), 4.0, DARK)
		var inner: Vector2 = head + Vector2(6.0 * side, -14.0 + _brows * 5.0)
		var outer: Vector2 = head + Vector2(22.0 * side, -14.0 - _brows * 5.0)
		draw_line(inner, outer, DARK, 3.0, true)
	if speaks:
		draw_circle(head + Vector2(0, 17), 4.0 + absf(sin(_time * 3.0 + 1.0)) * 4.0, DARK)
		return
	var mouth: PackedVector2Array = []
	for step: int in 9:
		var x: float = (step - 4) / 4.0
		mouth.append(head + Vector2(x * 14.0, 18.0 + (0.5 - x * x) * _mouth * 9.0))
	draw_polyline(mouth, DARK, 3.0, true)
