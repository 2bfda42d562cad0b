extends SceneTree
## Runs the test methods of the scripts that are named after the address of a sidecar, and prints
## for each what was wrong with it.

const CASE_SECONDS: float = 20.0

var _is_done: bool = false


func _initialize() -> void:
	_run_all.call_deferred(OS.get_cmdline_user_args())


func _run_all(words: PackedStringArray) -> void:
	for path: String in words.slice(1):
		var script: GDScript = load(path)
		for method: Dictionary in script.get_script_method_list():
			var name: String = method["name"]
			if name.begins_with("test_"):
				await _run(script, name, words[0])
	quit(0)


func _run(script: GDScript, method: String, url: String) -> void:
	var case: Case = script.new()
	case.url = url
	root.add_child(case)
	_is_done = false
	_call(case, method)
	var begin: int = Time.get_ticks_msec()
	var until: int = begin + roundi(CASE_SECONDS * 1000.0)
	while not _is_done and Time.get_ticks_msec() < until:
		await process_frame
	if not _is_done:
		case.faults.append("it was not over after %d s" % CASE_SECONDS)
	var took: int = Time.get_ticks_msec() - begin
	print(JSON.stringify({"event": "test", "name": method, "faults": case.faults, "msec": took}))
	case.queue_free()
	await process_frame


func _call(case: Case, method: String) -> void:
	@warning_ignore("redundant_await")
	await case.call(method)
	_is_done = true
