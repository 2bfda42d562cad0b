@tool
class_name HearsaySettings
extends RefCounted
## Hearsay's project settings, all below [code]hearsay/[/code].
##
## A setting that was never changed is not in project.godot; what is read here is then its default.

## The address of a sidecar that runs already. Empty: one is started, or found if it is shared.
const URL: String = "hearsay/connection/url"

## The token of the sidecar at [constant URL], if it wants one.
const TOKEN: String = "hearsay/connection/token"

## The program that is the sidecar, or the folder in which Hearsay was set up. Empty: it is looked
## for, see [HearsaySidecar].
const COMMAND: String = "hearsay/sidecar/command"

## Ids or GGUF files of the models to load; in an exported game, files are looked for beside its
## executable. Empty: the small built-in one.
const MODELS: String = "hearsay/sidecar/models"

## More words for [code]hearsay serve[/code].
const ARGUMENTS: String = "hearsay/sidecar/arguments"

## Whether the editor and all running copies of the game have one sidecar together.
const SHARED: String = "hearsay/sidecar/shared"

## The model that characters speak with if they name none. Empty: the first of [constant MODELS].
const MODEL: String = "hearsay/characters/model"

## The name under which the first of [constant MODELS] answers, whatever its own is.
const FIRST_MODEL: String = "hearsay/first"

const _EMBEDDED_MODEL: String = "hearsay/tavern"

const _DEFAULTS: Dictionary[String, Variant] = {
	URL: "",
	TOKEN: "",
	COMMAND: "",
	MODELS: [],
	ARGUMENTS: [],
	SHARED: true,
	MODEL: "",
}

const _TYPES: Dictionary[String, Variant.Type] = {
	MODELS: TYPE_PACKED_STRING_ARRAY,
	ARGUMENTS: TYPE_PACKED_STRING_ARRAY,
	SHARED: TYPE_BOOL,
}

const _HINTS: Dictionary[String, PropertyHint] = {
	URL: PROPERTY_HINT_PLACEHOLDER_TEXT,
	TOKEN: PROPERTY_HINT_PASSWORD,
	COMMAND: PROPERTY_HINT_GLOBAL_FILE,
	MODEL: PROPERTY_HINT_PLACEHOLDER_TEXT,
}

const _HINT_TEXTS: Dictionary[String, String] = {
	URL: "http://127.0.0.1:11434",
	MODEL: _EMBEDDED_MODEL,
}


## Returns the model of requests that name none; [param url] is where the sidecar runs already, if
## it is not that of the settings.
static func default_model(url: String = "") -> String:
	var named: String = text(MODEL)
	if named != "":
		return named
	var is_ours: bool = url == "" and text(URL) == ""
	return FIRST_MODEL if is_ours and texts(MODELS) else _EMBEDDED_MODEL


## Returns a setting that is a text.
static func text(setting: String) -> String:
	var value: Variant = _value(setting)
	return value if value is String else str(_DEFAULTS[setting])


## Returns a setting that is a list of texts.
static func texts(setting: String) -> PackedStringArray:
	var value: Variant = _value(setting)
	if value is Array:  # As people write it into project.godot.
		return type_convert(value, TYPE_PACKED_STRING_ARRAY)
	if value is String and value != "":
		return [value]
	return value if value is PackedStringArray else PackedStringArray()


## Returns a setting that is a switch.
static func flag(setting: String) -> bool:
	var value: Variant = _value(setting)
	return value if value is bool else _DEFAULTS[setting]


## Shows all settings in the editor's dialog; nothing is written to project.godot by this.
static func define() -> void:
	for setting: String in _DEFAULTS:
		var type: Variant.Type = _TYPES.get(setting, TYPE_STRING)
		var default: Variant = type_convert(_DEFAULTS[setting], type)
		if not ProjectSettings.has_setting(setting):
			ProjectSettings.set_setting(setting, default)
		ProjectSettings.set_initial_value(setting, default)
		ProjectSettings.set_as_basic(setting, true)
		var info: Dictionary = {"name": setting, "type": type}
		if setting in _HINTS:
			info["hint"] = _HINTS[setting]
			info["hint_string"] = _HINT_TEXTS.get(setting, "")
		ProjectSettings.add_property_info(info)


## Takes the settings that were never changed out of the dialog; the others stay as they are.
static func forget() -> void:
	for setting: String in _DEFAULTS:
		var type: Variant.Type = _TYPES.get(setting, TYPE_STRING)
		if ProjectSettings.get_setting(setting) == type_convert(_DEFAULTS[setting], type):
			ProjectSettings.set_setting(setting, null)


# As it is for this system: `hearsay/connection/url.android` counts on Android.
static func _value(setting: String) -> Variant:
	if not ProjectSettings.has_setting(setting):
		if Engine.is_editor_hint():
			return _DEFAULTS[setting]
		# One that is set for a system alone is found where there is one for all.
		ProjectSettings.set_setting(setting, _DEFAULTS[setting])
	return ProjectSettings.get_setting_with_override(setting)
