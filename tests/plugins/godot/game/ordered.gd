extends SceneTree
## A game that is told what to do: it reads orders as lines, and tells events as lines of JSON.

var _thread: Thread = Thread.new()
var _mutex: Mutex = Mutex.new()
var _lines: PackedStringArray = []


func _initialize() -> void:
	_thread.start(_read)
	begin()


func _process(_delta: float) -> bool:
	_mutex.lock()
	var lines: PackedStringArray = _lines.duplicate()
	_lines.clear()
	_mutex.unlock()
	for line: String in lines:
		if line == "quit":
			quit()
		else:
			obey(line)
	step()
	return false


func _finalize() -> void:
	end()
	_thread.wait_to_finish()


## Called once at the start.
func begin() -> void:
	pass


## Called with each order but [code]quit[/code].
func obey(_line: String) -> void:
	pass


## Called once a frame.
func step() -> void:
	pass


## Called at the end.
func end() -> void:
	pass


## Tells an event.
func tell(event: String, more: Dictionary = {}) -> void:
	more["event"] = event
	print(JSON.stringify(more))


func _read() -> void:
	while true:
		var line: String = OS.read_string_from_stdin(1 << 16).strip_edges()
		_mutex.lock()
		_lines.append(line)
		_mutex.unlock()
		if line in ["quit", ""]:
			return
