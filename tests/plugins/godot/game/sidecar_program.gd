extends "res://tests/checks.gd"
## How the program that is the sidecar is named.

const Program = preload("res://addons/hearsay/sidecar_program.gd")


func test_a_program_is_taken_as_it_is_named() -> void:
	same(Program.named_program(" /opt/hearsay/hearsay "), "/opt/hearsay/hearsay")
	same(Program.named_program("~/bin/hearsay"), OS.get_environment("HOME") + "/bin/hearsay")
	same(Program.named_program("res://nobody"), ProjectSettings.globalize_path("res://nobody"))


func test_a_folder_stands_for_the_program_that_was_set_up_in_it() -> void:
	var folder: String = ProjectSettings.globalize_path("res://addons")
	same(Program.named_program("res://addons"), folder.path_join(".venv/bin/hearsay"))
	same(Program.named_program("res://addons/"), folder.path_join(".venv/bin/hearsay"))


func test_without_one_it_is_said_what_to_do() -> void:
	holds("make setup" in Program.ADVICE, "it is said how it is made")
	holds("Sidecar, Command" in Program.ADVICE, "it is said where it is named")


func test_models_in_the_settings_may_be_a_list_of_either_kind_or_one_and_name_the_own_folder(
) -> void:
	for models: Variant in [["~/a.gguf"], PackedStringArray(["~/a.gguf"]), "~/a.gguf"]:
		ProjectSettings.set_setting(HearsaySettings.MODELS, models)
		same(HearsaySettings.texts(HearsaySettings.MODELS), PackedStringArray(["~/a.gguf"]))
		var home: String = OS.get_environment("HOME")
		var wanted: PackedStringArray = ["--model", home + "/a.gguf"]
		wanted.append_array(["--alias", "hearsay/first=%s/a.gguf" % home])
		same(HearsaySidecar.new().arguments.slice(0, 4), wanted)  # The project has more words.
	ProjectSettings.set_setting(HearsaySettings.MODELS, null)


func test_what_lies_beside_an_exported_game_comes_before_the_developers_own() -> void:
	ProjectSettings.set_setting(HearsaySettings.COMMAND, "/no/such/program")
	var there: String = ProjectSettings.globalize_path("user://hearsay-there")
	FileAccess.open(there, FileAccess.WRITE).close()
	same(Program.find(["/nowhere/hearsay", there]), PackedStringArray([there]))
	same(Program.find(["/nowhere/hearsay"]), PackedStringArray(["/no/such/program"]))
	ProjectSettings.set_setting(HearsaySettings.COMMAND, null)


func test_a_model_is_an_id_or_a_file_which_an_exported_game_has_beside_it() -> void:
	same(Program.model("hearsay/tavern", false), "hearsay/tavern")
	same(Program.model("hearsay/tavern", true, "/game"), "hearsay/tavern")
	same(Program.model("res://a.gguf", false), ProjectSettings.globalize_path("res://a.gguf"))
	same(Program.model("res://models/a.gguf", true, "/game"), "/game/models/a.gguf")
	same(Program.model("models/a.GGUF", true, "/game"), "/game/models/a.GGUF")
	same(Program.model("/models/a.gguf", true, "/game"), "/models/a.gguf")
	var loaded: String = ProjectSettings.globalize_path("user://a.gguf")
	same(Program.model("user://a.gguf", true, "/game"), loaded)


func test_who_names_models_speaks_with_the_first_of_them() -> void:
	same(HearsaySettings.default_model(), "hearsay/tavern")
	ProjectSettings.set_setting(HearsaySettings.MODELS, ["~/a.gguf", "hearsay/tavern"])
	same(HearsaySettings.default_model(), HearsaySettings.FIRST_MODEL)
	same(HearsaySettings.default_model("http://elsewhere:1"), "hearsay/tavern")
	ProjectSettings.set_setting(HearsaySettings.MODEL, "a")
	same(HearsaySettings.default_model(), "a")
	ProjectSettings.set_setting(HearsaySettings.MODEL, null)
	ProjectSettings.set_setting(HearsaySettings.MODELS, null)


func test_a_setting_of_this_system_alone_counts() -> void:
	same(HearsaySettings.text(HearsaySettings.URL), "")
	ProjectSettings.set_setting(HearsaySettings.URL, null)
	ProjectSettings.set_setting(HearsaySettings.URL + ".pc", "http://elsewhere:1")
	same(HearsaySettings.text(HearsaySettings.URL), "http://elsewhere:1")
	ProjectSettings.set_setting(HearsaySettings.URL + ".pc", null)
