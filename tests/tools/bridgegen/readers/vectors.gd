extends SceneTree
## Reads every document of the vectors, prints each as it is written again, one a line.


func _init() -> void:
	var folder: String = OS.get_cmdline_user_args()[0]
	for file: String in DirAccess.get_files_at(folder.path_join("server")):
		_again(folder.path_join("server").path_join(file))
	for file: String in DirAccess.get_files_at(folder.path_join("client")):
		_again(folder.path_join("client").path_join(file))
	for file: String in DirAccess.get_files_at(folder.path_join("http")):
		_again(folder.path_join("http").path_join(file))
	quit(0)


func _again(path: String) -> void:
	var vectors: Dictionary = JSON.parse_string(FileAccess.get_file_as_string(path))
	var kinds: Dictionary = (HearsayProtocol as GDScript).get_script_constant_map()
	if not kinds.has(vectors["type"]):
		return
	var kind: GDScript = kinds[vectors["type"]]
	for case: Dictionary in vectors["cases"]:
		var text: String = case["text"]
		var json: JSON = JSON.new()
		if json.parse(text) != OK or not json.data is Dictionary:
			continue
		var read: RefCounted = kind.call("from_dict", json.data)
		var again: Dictionary = read.call("to_dict")
		var name: String = path.get_base_dir().get_file().path_join(path.get_file())
		print(JSON.stringify([name, case["name"], JSON.stringify(again)]))
