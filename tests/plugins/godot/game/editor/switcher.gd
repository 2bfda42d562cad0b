@tool
extends EditorPlugin
## Enables Hearsay in the editor, tries its dock, disables it, and keeps the project file each time.

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
			dock.call("stop")
			return


func _keep(state: String) -> void:
	ProjectSettings.save()
	DirAccess.copy_absolute("res://project.godot", "res://%s.txt" % state)


func _frames(count: int) -> void:
	for frame: int in count:
		await get_tree().process_frame
