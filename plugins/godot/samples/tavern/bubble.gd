extends PanelContainer
## A speech bubble that writes what it is told letter by letter, as somebody would say it.

## Emitted when everything that was told stands there, and no more will come.
signal finished

const LETTERS_PER_SECOND: float = 45.0
const STAY_SECONDS: float = 6.0

var _shown: float = 0.0
var _is_whole: bool = true
var _rest: float = 0.0

@onready var _label: Label = $Label


func _ready() -> void:
	hide()


func _process(delta: float) -> void:
	if not visible:
		return
	var length: int = _label.text.length()
	if _shown < length:
		_shown = minf(length, _shown + delta * LETTERS_PER_SECOND)
		_label.visible_characters = int(_shown)
	elif _is_whole:
		if _rest == 0.0:
			finished.emit()
		_rest += delta
		if _rest > STAY_SECONDS:
			hide()


## Begins anew, with three dots until there is something to say.
func begin() -> void:
	_label.text = ""
	_shown = 0.0
	_rest = 0.0
	_is_whole = false
	hide()


## Adds to what is being said.
func add(text: String) -> void:
	_label.text += text
	_label.visible_characters = int(_shown)
	show()


## Says that nothing more will come.
func end() -> void:
	_is_whole = true


## Stops where the voice is, with a dash.
func cut() -> void:
	_label.text = _label.text.left(count_shown()) + " –"
	_shown = _label.text.length()
	_label.visible_characters = -1
	_is_whole = true


## Returns how many letters stand there already.
func count_shown() -> int:
	return int(_shown)


## Whether the voice is still behind what was told.
func is_speaking() -> bool:
	return visible and (not _is_whole or _shown < _label.text.length())
