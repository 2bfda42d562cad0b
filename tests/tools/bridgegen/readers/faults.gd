extends SceneTree
## Says of every document that a sidecar may write whether its form is right, one a line.


func _init() -> void:
	var folder: String = OS.get_cmdline_user_args()[0].path_join("server")
	for file: String in DirAccess.get_files_at(folder):
		var vectors: Dictionary = JSON.parse_string(
			FileAccess.get_file_as_string(folder.path_join(file))
		)
		for case: Dictionary in vectors["cases"]:
			var json: JSON = JSON.new()
			var text: String = case["text"]
			if json.parse(text) == OK and json.data is Dictionary:
				var document: Dictionary = json.data
				var fault: String = HearsayProtocol.server_message_fault(document)
				print(JSON.stringify([file, case["name"], fault]))
	quit(0)
