@tool
extends Node2D
## The room around the guests: walls, a floor, a fire and a lantern that hangs askew.

const SIZE: Vector2 = Vector2(1152, 648)
const FLOOR: float = 500.0

var _time: float = 0.0


func _ready() -> void:
	set_process(not Engine.is_editor_hint())


func _process(delta: float) -> void:
	_time += delta
	queue_redraw()


func _draw() -> void:
	draw_rect(Rect2(0, 0, SIZE.x, FLOOR), Color("3a2a20"))
	for x: int in range(0, int(SIZE.x), 96):
		draw_line(Vector2(x, 0), Vector2(x, FLOOR), Color("2f2119"), 3.0)
	draw_rect(Rect2(0, 0, SIZE.x, 36), Color("241912"))
	draw_rect(Rect2(0, FLOOR, SIZE.x, SIZE.y - FLOOR), Color("4a3424"))
	for y: int in range(int(FLOOR), int(SIZE.y), 30):
		draw_line(Vector2(0, y), Vector2(SIZE.x, y), Color("3c291c"), 2.0)
	_draw_fire(Vector2(1030, FLOOR))
	_draw_lantern(Vector2(110, 36))


func _draw_fire(at: Vector2) -> void:
	draw_rect(Rect2(at.x - 90, at.y - 190, 180, 190), Color("5b5350"))
	draw_rect(Rect2(at.x - 62, at.y - 140, 124, 140), Color("15100d"))
	for flame: int in 5:
		var x: float = at.x + (flame - 2) * 20.0
		var height: float = 50.0 + sin(_time * (5.0 + flame) + flame * 2.0) * 16.0
		var points: PackedVector2Array = [
			Vector2(x - 16, at.y - 6), Vector2(x, at.y - 6 - height), Vector2(x + 16, at.y - 6)
		]
		draw_colored_polygon(points, Color("f2a23c").lerp(Color("e0512f"), flame % 2))
	var glow: float = 0.05 + 0.02 * sin(_time * 7.0)
	draw_circle(at + Vector2(0, -60), 230.0, Color(1.0, 0.6, 0.2, glow))


func _draw_lantern(at: Vector2) -> void:
	draw_set_transform(at, 0.25 + sin(_time) * 0.04)
	draw_line(Vector2.ZERO, Vector2(0, 70), Color("15100d"), 3.0)
	draw_rect(Rect2(-18, 70, 36, 48), Color("f4c95d"))
	draw_rect(Rect2(-18, 70, 36, 48), Color("15100d"), false, 4.0)
	draw_circle(Vector2(0, 94), 90.0, Color(1.0, 0.8, 0.4, 0.06))
