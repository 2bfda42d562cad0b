@tool
extends RefCounted
## Finds the program that is the sidecar.

## What to do when there is none.
const ADVICE: String = (
	"Run `make setup` in Hearsay's own folder, and name that folder in Project Settings, Hearsay, "
	+ "Sidecar, Command; or have the program `hearsay` on the PATH. In an exported game it belongs "
	+ "into the folder `hearsay` beside the game's executable."
)

## Graphical programs on macOS get a PATH without these.
const _MORE_FOLDERS: PackedStringArray = ["~/.local/bin", "/usr/local/bin", "/opt/homebrew/bin"]

## How far above the project a virtual environment is looked for.
const _LEVELS_UP: int = 3


## Returns the first words of the command that starts the sidecar, or nothing if there is none.
##
## In this order: what lies beside an exported game, the project setting, a virtual environment of
## the project (only in the editor and in games started by it), PATH, a Python that may have it.
## The setting comes second because it is exported with the game, and names a place of the
## developer's machine.
static func find(bundled: PackedStringArray = _bundled()) -> PackedStringArray:
	for path: String in bundled:
		if FileAccess.file_exists(path):
			_allow_to_run(path)
			return [path]
	var named: String = HearsaySettings.text(HearsaySettings.COMMAND)
	if named != "":
		return _words(named_program(named))
	for path: String in _environments() + _on_path(["hearsay"]):
		if FileAccess.file_exists(path):
			return [path]
	for path: String in _on_path(["python3", "python"]):
		if FileAccess.file_exists(path):
			return [path, "-P", "-m", "bridge"]
	return []


## Returns the program that a setting means: a path, one below [code]~[/code], or the folder in
## which Hearsay was set up.
static func named_program(named: String) -> String:
	var path: String = ProjectSettings.globalize_path(at_home(named.strip_edges()))
	if not DirAccess.dir_exists_absolute(path):
		return path
	return path.path_join(".venv").path_join(_bin()).path_join(_executable("hearsay"))


## Returns what a setting says of a model as the sidecar is to be told it: an id as it is, a file by
## its whole path. In an exported game a file lies beside the executable.
static func model(
	named: String, is_exported: bool = not OS.has_feature("editor"), folder: String = _game_folder()
) -> String:
	var path: String = at_home(named.strip_edges())
	if is_exported and path.get_extension().to_lower() == "gguf":
		path = path.trim_prefix("res://")
		path = folder.path_join(path) if path.is_relative_path() else path
	return ProjectSettings.globalize_path(path)


## Returns a path with the user's own folder in the place of [code]~[/code].
static func at_home(path: String) -> String:
	var home: String = "USERPROFILE" if OS.get_name() == "Windows" else "HOME"
	return OS.get_environment(home) + path.substr(1) if path.begins_with("~") else path


static func _words(path: String) -> PackedStringArray:
	if path.get_file().get_basename().begins_with("python"):
		return [path, "-P", "-m", "bridge"]
	return [path]


# An export loses the permission.
static func _allow_to_run(path: String) -> void:
	if OS.get_name() != "Windows":
		var permissions: int = FileAccess.get_unix_permissions(path)
		FileAccess.set_unix_permissions(path, permissions | FileAccess.UNIX_EXECUTE_OWNER)


static func _bundled() -> PackedStringArray:
	if OS.has_feature("editor"):
		return []
	var folder: String = _game_folder()
	return [
		folder.path_join("hearsay").path_join(_executable("hearsay")),
		folder.path_join("../Resources/hearsay/hearsay").simplify_path(),
	]


static func _environments() -> PackedStringArray:
	var found: PackedStringArray = []
	if not OS.has_feature("editor"):
		return found
	var folder: String = ProjectSettings.globalize_path("res://").trim_suffix("/")
	for level: int in _LEVELS_UP:
		for name: String in [".venv", "venv"]:
			var path: String = folder.path_join(name).path_join(_bin())
			found.append(path.path_join(_executable("hearsay")))
		folder = folder.get_base_dir()
	return found


static func _on_path(names: PackedStringArray) -> PackedStringArray:
	var found: PackedStringArray = []
	var separator: String = ";" if OS.get_name() == "Windows" else ":"
	var folders: PackedStringArray = OS.get_environment("PATH").split(separator, false)
	if OS.get_name() != "Windows":
		folders.append_array(_MORE_FOLDERS)
	for name: String in names:
		for folder: String in folders:
			found.append(at_home(folder).path_join(_executable(name)))
	return found


# Where a virtual environment keeps its programs.
static func _bin() -> String:
	return "Scripts" if OS.get_name() == "Windows" else "bin"


static func _executable(name: String) -> String:
	return name + ".exe" if OS.get_name() == "Windows" else name


static func _game_folder() -> String:
	return OS.get_executable_path().get_base_dir()
