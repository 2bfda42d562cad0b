extends "res://tests/ordered.gd"
## A game with a sidecar; see tests/plugins/godot/test_sidecar.py.

var _sidecar: HearsaySidecar


func begin() -> void:
	_sidecar = HearsaySidecar.new()
	var words: PackedStringArray = OS.get_cmdline_user_args()
	if words:
		_sidecar.command = words
	_sidecar.ready.connect(_on_ready)
	_sidecar.failed.connect(func(message: String) -> void: tell("failed", {"message": message}))
	_sidecar.exited.connect(func() -> void: tell("exited"))
	_sidecar.start()


func obey(line: String) -> void:
	match line:
		"crash":
			OS.crash("as the test wants it")
		"stop":
			_sidecar.stop()
		"start":
			_sidecar.start()


func step() -> void:
	_sidecar.poll()


func end() -> void:
	_sidecar.stop()


func _on_ready(url: String, token: String) -> void:
	tell(
		"ready",
		{
			"url": url,
			"token": token,
			"pid": _sidecar.pid,
			"shared": _sidecar.is_shared,
			"file": _sidecar.share_file,
		}
	)
