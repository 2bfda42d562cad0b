@tool
extends EditorExportPlugin
## Puts the sidecar for players beside an exported game, for Linux and Windows.
##
## It is the folder that [code]make bundle[/code] made: that of the export option, or else
## [code]dist/hearsay[/code] in Hearsay's own folder, where the project settings name that.

const Program = preload("sidecar_program.gd")

## The export option that names the folder.
const OPTION: String = "hearsay/sidecar"

## What the folder must be called: the game looks for it by that name.
const FOLDER: String = "hearsay"

const _PROGRAMS: Dictionary[String, String] = {
	"Linux": "hearsay",
	"Windows": "hearsay.exe",
}
const _ADVICE: String = (
	"Hearsay: the exported game has no sidecar, so its characters stay silent on machines without"
	+ " one. Run `make bundle` in Hearsay's folder and name its dist/hearsay in the export option"
	+ " Hearsay, Sidecar."
)

# The program beside the game, from the beginning of an export to its end.
var _exported: String = ""


## Returns the folder that is exported with a game for a system, or nothing if there is none;
## [param named] is what the export option says.
static func folder_for(system: String, named: String) -> String:
	var folder: String = _globalized(named)
	if folder == "":
		var checkout: String = _globalized(HearsaySettings.text(HearsaySettings.COMMAND))
		folder = checkout.path_join("dist").path_join(FOLDER)
	folder = folder.trim_suffix("/")
	var program: String = _PROGRAMS.get(system, "")
	var is_there: bool = program != "" and FileAccess.file_exists(folder.path_join(program))
	return folder if is_there and folder.get_file() == FOLDER else ""


static func _globalized(path: String) -> String:
	return ProjectSettings.globalize_path(Program.at_home(path.strip_edges()))


func _get_name() -> String:
	return "Hearsay"


func _supports_platform(platform: EditorExportPlatform) -> bool:
	return platform.get_os_name() in _PROGRAMS


func _get_export_options(_platform: EditorExportPlatform) -> Array[Dictionary]:
	var option: Dictionary = {"name": OPTION, "type": TYPE_STRING, "hint": PROPERTY_HINT_GLOBAL_DIR}
	return [{"option": option, "default_value": ""}]


func _get_export_option_warning(platform: EditorExportPlatform, option: String) -> String:
	if option != OPTION or HearsaySettings.text(HearsaySettings.URL) != "":
		return ""
	var is_there: bool = folder_for(platform.get_os_name(), str(get_option(OPTION))) != ""
	return "" if is_there else _ADVICE


func _export_begin(
	_features: PackedStringArray, _is_debug: bool, path: String, _flags: int
) -> void:
	_exported = ""
	var system: String = get_export_platform().get_os_name()
	if system not in _PROGRAMS or HearsaySettings.text(HearsaySettings.URL) != "":
		return
	var folder: String = folder_for(system, str(get_option(OPTION)))
	if folder == "":
		print(_ADVICE)
		return
	var beside: String = ProjectSettings.globalize_path(path).get_base_dir().path_join(FOLDER)
	_exported = beside.path_join(_PROGRAMS[system])
	if beside != folder:
		# Godot copies no link over one that is there, and leaves what the new one has not.
		if FileAccess.file_exists(_exported):
			_delete(beside)
		add_shared_object(folder, [], "")


# Godot copies without the permission to run. The game gives it to a file of its own player at its
# first start, but not to one that is installed for all.
func _export_end() -> void:
	if OS.get_name() != "Windows" and FileAccess.file_exists(_exported):
		var permissions: int = FileAccess.get_unix_permissions(_exported)
		var execute: int = (
			FileAccess.UNIX_EXECUTE_OWNER
			| FileAccess.UNIX_EXECUTE_GROUP
			| FileAccess.UNIX_EXECUTE_OTHER
		)
		FileAccess.set_unix_permissions(_exported, permissions | execute)


static func _delete(folder: String) -> void:
	var directory: DirAccess = DirAccess.open(folder)
	directory.include_hidden = true
	for name: String in directory.get_files():
		directory.remove(name)
	for name: String in directory.get_directories():
		if directory.is_link(name):
			directory.remove(name)
		else:
			_delete(folder.path_join(name))
	DirAccess.remove_absolute(folder)
