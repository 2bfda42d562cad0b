@tool
extends EditorPlugin
## Enables Hearsay in the editor, tries its dock, plays the game and stops it, disables Hearsay, and
## keeps the project file each time.

const DOCK_SCRIPT: String = "res://addons/hearsay/dock/dock.gd"


func _enter_tree() -> void:
	_switch.call_deferred()


func _switch() -> void:
	await _frames(10)
	_keep("before")
	EditorInterface.set_plugin_enabled("hearsay", true)
	await _frames(10)
	_keep("enabled")
	var setting: String = "hearsay/sidecar/models"
	print("setting %s is there: %s" % [setting, ProjectSettings.has_setting(setting)])
	await _try_dock()
	await _play_and_stop()
	EditorInterface.set_plugin_enabled("hearsay", false)
	await _frames(10)
	_keep("disabled")
	get_tree().quit()


func _try_dock() -> void:
	for dock: Node in EditorInterface.get_base_control().find_children(
		"*", "VBoxContainer", true, false
	):
		var script: Script = dock.get_script()
		if script and script.resource_path == DOCK_SCRIPT:
			dock.call("say", "Who are you?")
			var character: HearsayCharacter = dock.get_node("%Character")
			var reply: String = await character.reply_finished
			print(JSON.stringify({"event": "dock", "reply": reply}))
			await _frames(2)
			_tell_sidecar("dock")
			dock.call("stop")
			await _until_shared(false)
			return


func _play_and_stop() -> void:
	if OS.get_executable_path().get_file().begins_with("ld-"):
		return  # The editor would start the loader without Godot.
	# To save a scene it makes a picture of it, and there is no screen.
	EditorInterface.get_editor_settings().set_setting("run/auto_save/save_before_running", false)
	EditorInterface.play_main_scene()
	await _until_shared(true)
	_tell_sidecar("game")
	EditorInterface.stop_playing_scene()
	await _until_shared(false)


func _tell_sidecar(whose: String) -> void:
	var file: String = HearsaySidecar.new().share_file
	var line: Dictionary = JSON.parse_string(FileAccess.get_file_as_string(file))
	print(JSON.stringify({"event": "sidecar", "of": whose, "pid": line["pid"]}))


func _until_shared(shared: bool) -> void:
	var file: String = HearsaySidecar.new().share_file
	while FileAccess.file_exists(file) != shared:
		await get_tree().process_frame


func _keep(state: String) -> void:
	ProjectSettings.save()
	DirAccess.copy_absolute("res://project.godot", "res://%s.txt" % state)


func _frames(count: int) -> void:
	for frame: int in count:
		await get_tree().process_frame
