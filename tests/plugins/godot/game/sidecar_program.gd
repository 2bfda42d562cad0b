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


func test_a_list_in_the_settings_may_be_of_either_kind_and_name_the_own_folder() -> void:
	for models: Variant in [["~/a.gguf"], PackedStringArray(["~/a.gguf"])]:
		ProjectSettings.set_setting(HearsaySettings.MODELS, models)
		same(HearsaySettings.texts(HearsaySettings.MODELS), PackedStringArray(["~/a.gguf"]))
		var home: String = OS.get_environment("HOME")
		var wanted: PackedStringArray = ["--model", home + "/a.gguf"]
		same(HearsaySidecar.new().arguments.slice(0, 2), wanted)  # The project has more words.
	ProjectSettings.set_setting(HearsaySettings.MODELS, null)
