extends "res://tests/checks.gd"
## The parts of a character, each by itself.

enum Mood { CALM, ANGRY }

const ReplyReader = preload("res://addons/hearsay/character/reply_reader.gd")
const SentenceSplitter = preload("res://addons/hearsay/character/sentence_splitter.gd")
const Tool = preload("res://addons/hearsay/character/tool.gd")
const History = preload("res://addons/hearsay/character/history.gd")

const REPLY: String = (
	'{"mood": "sly", "line": "She said \\"no\\",\\nthen \\u00e9\\ud83d\\ude00 left.", '
	+ '"n": -1.5e1, "ok": true, "none": null, "deep": {"a": ["}", "\\"", 2]}} '
)

var _told: Array = []


func test_a_reply_in_json_is_read_wherever_it_is_cut() -> void:
	var line: String = 'She said "no",\nthen é😀 left.'
	for size: int in [1, 2, 3, 7, 1000]:
		var text: PackedStringArray = []
		var values: Dictionary = {}
		var reader: ReplyReader = _reader(text, values)
		for start: int in range(0, REPLY.length(), size):
			reader.feed(REPLY.substr(start, size))
		reader.finish()
		same("".join(text), "sly" + line)
		same(values.keys(), ["mood", "line", "n", "ok", "none", "deep"])
		same(values["line"], line)
		same(values["n"], -15.0)
		same(values["ok"], true)
		same(values["none"], null)
		same(values["deep"], {"a": ["}", '"', 2.0]})


func test_a_reply_that_is_no_json_is_all_said_aloud() -> void:
	var text: PackedStringArray = []
	var values: Dictionary = {}
	var reader: ReplyReader = _reader(text, values)
	reader.feed(" Well")
	reader.feed(' met, "stranger".')
	reader.finish()
	same("".join(text), 'Well met, "stranger".')
	same(values, {"line": 'Well met, "stranger".'})


func test_a_reply_that_is_cut_short_is_told_as_far_as_it_came() -> void:
	var text: PackedStringArray = []
	var values: Dictionary = {}
	var reader: ReplyReader = _reader(text, values)
	reader.feed('{"mood": "calm", "line": "I will be b')
	reader.finish()
	same(values, {"mood": "calm", "line": "I will be b"})


func test_sentences_are_told_when_they_are_complete() -> void:
	var found: PackedStringArray = []
	var splitter: SentenceSplitter = SentenceSplitter.new()
	splitter.sentence_found.connect(func(text: String) -> void: found.append(text))
	for letter: String in 'Hello, Mr. Fox! "Is it 3.5?" she asked ... Yes.\nそうだ。はい':
		splitter.feed(letter)
	same(
		found, PackedStringArray(["Hello, Mr. Fox!", '"Is it 3.5?" she asked ...', "Yes.", "そうだ。"])
	)
	splitter.finish()
	same(found[-1], "はい")


func test_a_tool_is_described_by_its_type_hints() -> void:
	var described: Dictionary = Tool.new(_give, "Gives.").describe()
	same(described["type"], "function")
	same(described["function"]["name"], "_give")
	same(described["function"]["description"], "Gives.")
	same(
		described["function"]["parameters"],
		{
			"type": "object",
			"properties":
			{
				"item": {"type": "string"},
				"mood": {"type": "string", "enum": ["CALM", "ANGRY"]},
				"count": {"type": "integer"},
				"price": {"type": "number"},
				"wrapped": {"type": "boolean"},
				"tags": {"type": "array", "items": {"type": "string"}},
				"sizes": {"type": "array", "items": {"type": "integer"}},
			},
			"required": ["item", "mood"] as Array[String],
			"additionalProperties": false,
		}
	)


func test_a_tool_is_called_with_what_its_types_want() -> void:
	var tool: Tool = Tool.new(_give, "")
	same(await tool.call_with({"item": "key", "mood": "ANGRY"}), "given")
	same(_told, ["key", Mood.ANGRY, 1, 0.5, false, [] as Array[String], PackedInt32Array()])
	await tool.call_with(
		{
			"item": 7.0,
			"mood": "CALM",
			"count": 3.0,
			"price": "2",
			"wrapped": true,
			"tags": ["a", 1.0],
			"sizes": [1.0]
		}
	)
	same(_told[0], "7.0")
	same(_told.slice(1, 5), [Mood.CALM, 3, 2.0, true])
	same(_told.slice(5), [["a", "1.0"] as Array[String], PackedInt32Array([1])])


func test_a_wrong_call_is_told_to_the_model_and_not_made() -> void:
	var tool: Tool = Tool.new(_give, "")
	_told = []
	same(await tool.call_with({"item": "key"}), "error: mood is missing")
	same(
		await tool.call_with({"item": "key", "mood": "SLY"}), "error: mood is not of the right kind"
	)
	var wrong: Dictionary = {"item": "key", "mood": "CALM", "count": "many"}
	same(await tool.call_with(wrong), "error: count is not of the right kind")
	same(_told, [])


func test_what_cannot_be_a_tool_says_so() -> void:
	holds("lambda" in Tool.new(func() -> void: pass, "").fault, "a lambda has a fault")
	holds("where" in Tool.new(_go, "").fault, "the parameter is named")
	same(Tool.new(_give, "").fault, "")


func test_a_history_is_the_same_after_saving_and_loading() -> void:
	var history: History = History.new()
	history.add_player("Hello")
	history.add_player("there")
	history.add_character("Well met – é😀")
	same(history.messages[0]["content"], "Hello\nthere")
	same(history.save("user://history.json"), OK)
	var other: History = History.new()
	same(other.read("user://history.json"), OK)
	same(other.messages, history.messages)


func test_a_history_is_found_where_a_crash_has_left_it() -> void:
	var history: History = History.new()
	history.add_player("Hello")
	same(history.save("user://crash.json"), OK)
	DirAccess.rename_absolute("user://crash.json", "user://crash.json.new")
	var again: History = History.new()
	same(again.read("user://crash.json"), OK)
	same(again.messages, history.messages)


func test_a_file_that_is_no_history_changes_nothing() -> void:
	var history: History = History.new()
	history.add_player("Hello")
	same(history.read("user://none.json"), ERR_FILE_NOT_FOUND)
	for text: String in [
		"", "[1]", "{", '{"format": "hearsay-history", "version": 9, "messages": []}'
	]:
		_write(text)
		holds(history.read("user://bad.json") != OK, text)
	_write('{"format": "hearsay-history", "version": 1, "messages": [{"role": 1}]}')
	same(history.read("user://bad.json"), ERR_FILE_CORRUPT)
	same(history.messages.size(), 1)


func test_the_latest_exchanges_begin_with_the_player() -> void:
	var history: History = History.new()
	for number: int in 3:
		history.add_player("Q%d" % number)
		history.add_character("A%d" % number)
	history.add_player("Q3")
	same(history.latest(0).size(), 7)
	same(history.latest(2)[0]["content"], "Q2")
	same(history.latest(9).size(), 7)
	history.drop_unanswered()
	history.drop_unanswered()
	same(history.messages.size(), 6)


func _reader(text: PackedStringArray, values: Dictionary) -> ReplyReader:
	var reader: ReplyReader = ReplyReader.new("line")
	reader.text_written.connect(func(_key: String, new: String) -> void: text.append(new))
	reader.value_found.connect(func(key: String, value: Variant) -> void: values[key] = value)
	return reader


func _write(text: String) -> void:
	var file: FileAccess = FileAccess.open("user://bad.json", FileAccess.WRITE)
	file.store_string(text)
	file.close()


func _give(
	item: String,
	mood: Mood,
	count: int = 1,
	price: float = 0.5,
	wrapped: bool = false,
	tags: Array[String] = [],
	sizes: PackedInt32Array = []
) -> String:
	_told = [item, mood, count, price, wrapped, tags, sizes]
	return "given"


func _go(_where: Vector2) -> void:
	pass
