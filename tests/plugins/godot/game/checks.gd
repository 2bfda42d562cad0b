extends SceneTree
## Runs every method whose name begins with [code]test_[/code], and tells how each went.

var _faults: PackedStringArray = []


func _initialize() -> void:
	var script: Script = get_script()
	for method: Dictionary in script.get_script_method_list():
		var method_name: String = method["name"]
		if method_name.begins_with("test_"):
			_faults.clear()
			var begun: int = Time.get_ticks_msec()
			await call(method_name)
			clean()
			_tell(method_name, Time.get_ticks_msec() - begun)
	quit()


## Called after each of them.
func clean() -> void:
	pass


## Notes a fault unless both are the same.
func same(found: Variant, wanted: Variant) -> void:
	if typeof(found) != typeof(wanted) or found != wanted:
		_faults.append("found %s, wanted %s" % [var_to_str(found), var_to_str(wanted)])


## Notes a fault unless it is so.
func holds(condition: bool, what: String) -> void:
	if not condition:
		_faults.append("not so: " + what)


func _tell(method_name: String, msec: int) -> void:
	var event: Dictionary = {"event": "test", "name": method_name, "faults": _faults, "msec": msec}
	print(JSON.stringify(event))
