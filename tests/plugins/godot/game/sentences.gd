extends SceneTree
## Cuts the texts of a JSON file, each together with the length of its pieces, into sentences.

const SentenceSplitter = preload("res://addons/hearsay/character/sentence_splitter.gd")


func _initialize() -> void:
	var path: String = OS.get_cmdline_user_args()[0]
	var cases: Array = JSON.parse_string(FileAccess.get_file_as_string(path))
	for case: Array in cases:
		var text: String = case[0]
		var size: int = case[1]
		print(JSON.stringify({"event": "cut", "sentences": _cut(text, size)}))
	quit()


func _cut(text: String, size: int) -> PackedStringArray:
	var found: PackedStringArray = []
	var splitter: SentenceSplitter = SentenceSplitter.new()
	splitter.sentence_found.connect(func(sentence: String) -> void: found.append(sentence))
	for begin: int in range(0, text.length(), size):
		splitter.feed(text.substr(begin, size))
	splitter.finish()
	return found
