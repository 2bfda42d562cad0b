# gdlint: disable=max-public-methods
extends "res://tests/checks.gd"
## A character whose sidecar is played by the test: what it asks, tells and remembers.

const HandEngine = preload("res://tests/hand_engine.gd")

const FORM: Dictionary[String, String] = {"mood": "calm, sad", "line": ""}

var _engine: HandEngine
var _character: HearsayCharacter
var _told: Array = []


func test_a_reply_is_told_as_it_comes_and_remembered() -> void:
	_begin()
	_character.say("Hello")
	_engine.write("Well met. How ")
	_engine.write("are you?")
	_engine.end()
	same(
		_told,
		[
			["token", "Well met. How "],
			["sentence", "Well met."],
			["token", "are you?"],
			["sentence", "How are you?"],
			["finished", "Well met. How are you?"],
		]
	)
	same(_character.get_history(), _messages(["Hello", "Well met. How are you?"]))
	same(_character.job, null)


func test_a_request_holds_what_the_inspector_says() -> void:
	_begin()
	var lore: HearsayLore = HearsayLore.new()
	lore.text = "It rains. "
	_character.lore = lore
	_character.persona = " You are Marta."
	_character.max_tokens = 9
	_character.seed_number = 5
	_character.begin_within = 2.5
	_character.known_as = "marta"
	_character.say("Hello")
	var order: Dictionary = _engine.requests[0]
	var request: Dictionary = order["request"]
	same(request["model"], "hearsay/tavern")
	same(request["messages"][0], {"role": "system", "content": "It rains. You are Marta."})
	same(request["messages"][1], {"role": "user", "content": "Hello"})
	same([request["max_tokens"], request["seed"], request["temperature"]], [9, 5, 0.7])
	same([order["priority"], order["character"]], ["interactive", "marta"])
	same(order["first_token_by_ms"], 2500)
	holds(not request.has("tools") and not request.has("response_format"), "nothing more is asked")


func test_a_persona_is_read_ahead_where_that_is_possible() -> void:
	_begin()
	_character.prepare()
	same(_engine.said, [])
	_engine.can = [HearsayProtocol.Feature.PREPARE]
	_character.prepare()
	var persona: Array[Dictionary] = [{"role": "system", "content": "You are Marta."}]
	same(_engine.said, [["prepare", "hearsay/tavern", persona, _character.get_tools()]])


func test_a_persona_is_read_ahead_by_a_sidecar_that_is_not_there_yet() -> void:
	_begin()
	_engine.live = false
	_character.prepare()
	same(_engine.said.size(), 1)


func test_a_job_that_is_over_is_kept_by_nobody() -> void:
	_begin()
	var jobs: Array[WeakRef] = []
	for interrupts: bool in [false, true, false]:
		_character.say("Hello")
		jobs.append(weakref(_character.job))
		if interrupts:
			_character.interrupt()
		else:
			_engine.end()
		_engine.forget()
	same([jobs[0].get_ref(), jobs[1].get_ref()], [null, null])


func test_a_form_is_told_as_values_and_a_voice() -> void:
	_begin()
	_character.form = FORM
	_character.say("Hello")
	_engine.write('{"mood": "sad", "li')
	_engine.write('ne": "Leave me. ')
	_engine.write('Go."}')
	_engine.end()
	same(
		_told,
		[
			["field", "mood", "sad"],
			["token", "Leave me. "],
			["token", "Go."],
			["sentence", "Leave me."],
			["sentence", "Go."],
			["finished", "Leave me. Go."],
		]
	)
	same(_character.get_history()[1]["content"], '{"mood":"sad","line":"Leave me. Go."}')
	var system: String = _engine.requests[0]["request"]["messages"][0]["content"]
	holds(system.ends_with("Answer in JSON with the keys mood and line."), system)


func test_a_sidecar_that_can_is_asked_to_keep_to_the_form() -> void:
	_begin()
	_engine.can = [HearsayProtocol.Feature.RESPONSE_FORMAT]
	_character.form = FORM
	_character.say("Hello")
	var format: Dictionary = _engine.requests[0]["request"]["response_format"]
	same(format["type"], "json_schema")
	var schema: Dictionary = format["json_schema"]["schema"]
	same(schema["properties"]["mood"], {"enum": ["calm", "sad"] as Array[String]})
	same(schema["properties"]["line"], {"type": "string"})
	same(schema["required"], ["mood", "line"])


func test_who_is_interrupted_remembers_what_was_heard() -> void:
	_begin()
	_engine.can = [HearsayProtocol.Feature.HEARD]
	_character.say("Hello")
	_engine.write("Well met, stranger.")
	_character.heard = 8
	_character.say("Wait")
	same(_told[-1], ["interrupted", "Well met"])
	same(_engine.said, [["heard", 0, 8], ["cancel", 0]])
	var asked: Array = _engine.requests[1]["request"]["messages"]
	same(asked.slice(1), _messages(["Hello", "Well met –", "Wait"]))
	_told.clear()
	_engine.write("late", 0)
	_engine.end(HearsayProtocol.FinishReason.CANCELLED, 0)
	same(_told, [])
	_engine.write("Yes?")
	_engine.end()
	same(_told[-1], ["finished", "Yes?"])


func test_who_has_said_nothing_hears_both_at_once() -> void:
	_begin()
	_character.say("Hello")
	_character.say("Anybody?")
	same(_character.get_history(), _messages(["Hello\nAnybody?"]))
	same(_engine.said, [["cancel", 0]])


func test_a_listener_may_interrupt_in_the_middle_of_a_chunk() -> void:
	_begin()
	_character.sentence.connect(
		func(_text: String) -> void: _character.say("Stop"), CONNECT_ONE_SHOT
	)
	_character.say("Hello")
	_engine.write("One. Two. Three. ")
	same(
		_told,
		[["token", "One. Two. Three. "], ["sentence", "One."], ["interrupted", "One. Two. Three. "]]
	)
	_engine.end()
	same(_told[-1], ["finished", ""])


func test_a_reply_that_fails_is_told_and_forgotten() -> void:
	_begin()
	_character.say("Hello")
	_engine.fail("busy", "Try later.")
	same(_told, [["failed", "busy", "Try later."]])
	same(_character.get_history(), [] as Array[Dictionary])


func test_a_reply_that_is_cut_by_the_sidecar_is_an_interruption() -> void:
	_begin()
	_character.say("Hello")
	_engine.write("Well")
	_engine.end(HearsayProtocol.FinishReason.EXPIRED)
	same(_told[-1], ["interrupted", "Well"])
	same(_character.get_history()[1]["content"], "Well –")


func test_a_tool_is_offered_called_and_answered() -> void:
	_begin()
	_engine.can = [HearsayProtocol.Feature.TOOLS]
	_character.add_tool(_give, "Gives.")
	_character.say("The key, please")
	same(_engine.requests[0]["request"]["tools"], _character.get_tools())
	_engine.call_tool("_give", '{"item": "key"}')
	await process_frame
	await process_frame
	same(_engine.said, [["tool", 0, "c1", '{"have":"key"}']])
	same(_told, [["tool", "_give", {"item": "key"}, {"have": "key"}]])
	_engine.write("Here.")
	_engine.end()
	var roles: Array = _character.get_history().map(
		func(message: Dictionary) -> String: return message["role"]
	)
	same(roles, ["user", "assistant", "tool", "assistant"])


func test_a_tool_that_is_not_there_or_cannot_be_read_is_an_answer_too() -> void:
	_begin()
	_character.add_tool(_give, "Gives.")
	_character.say("Hello")
	_engine.call_tool("steal", "{}")
	_engine.call_tool("_give", "{")
	same(_engine.said[0][3], "error: there is no such tool")
	same(_engine.said[1][3], "error: the arguments are no JSON object")
	_character.remove_tool("_give")
	same(_character.get_tools(), [] as Array[Dictionary])


func test_a_tool_that_answers_after_an_interruption_is_not_heard() -> void:
	_begin()
	_character.add_tool(_give, "Gives.")
	_character.say("Hello")
	_engine.call_tool("_give", '{"item": "key"}')
	_character.interrupt()
	await process_frame
	await process_frame
	same(_engine.said, [["cancel", 0]])


func test_who_is_freed_takes_its_job_back() -> void:
	_begin()
	_character.say("Hello")
	_character.queue_free()
	await process_frame
	await process_frame
	same(_engine.said, [["cancel", 0]])
	_engine.write("late")
	_engine.end(HearsayProtocol.FinishReason.CANCELLED)


func test_a_save_game_brings_a_conversation_back() -> void:
	_begin()
	_character.say("Hello")
	_engine.write("Well met.")
	_engine.end()
	same(_character.save_history("user://marta.json"), OK)
	var saved: Dictionary = _character.history_to_dict()
	_character.clear_history()
	same(_character.get_history(), [] as Array[Dictionary])
	same(_character.load_history("user://marta.json"), OK)
	same(_character.get_history(), _messages(["Hello", "Well met."]))
	_character.clear_history()
	same(_character.history_from_dict(saved), OK)
	same(_character.get_history(), _messages(["Hello", "Well met."]))


func test_a_save_game_that_is_none_changes_nothing() -> void:
	_begin()
	_character.add_line("Come in!")
	var saved: Dictionary = _character.history_to_dict()
	for wrong: Variant in [
		{"role": "narrator", "content": "It rains."},
		{"role": "user", "content": 5},
		{"role": "user"},
		{"role": "tool", "content": "open"},
		{"role": "assistant", "content": 5, "tool_calls": []},
		"It rains.",
	]:
		var other: Dictionary = saved.duplicate(true)
		other["messages"] = [wrong]
		same(_character.history_from_dict(other), ERR_FILE_CORRUPT)
	same(_character.history_to_dict(), saved)


func test_calls_of_tools_that_are_no_longer_there_are_not_read_again() -> void:
	_begin()
	_character.add_tool(_give, "Gives.")
	_character.say("Hello")
	_engine.call_tool("_give", '{"item": "key"}')
	await process_frame
	await process_frame
	_engine.write("There.")
	_engine.end()
	var saved: Dictionary = _character.history_to_dict()
	same(_character.get_history().size(), 4)
	_character.remove_tool("_give")
	same(_character.history_from_dict(saved), OK)
	_character.say("Thanks")
	var messages: Array = _engine.requests[1]["request"]["messages"]
	same(messages.slice(1), _messages(["Hello", "There.", "Thanks"]))


func test_a_reply_that_reached_its_limit_says_so_and_is_remembered_as_cut() -> void:
	_begin()
	_character.say("Hello")
	_engine.write("People say that strange")
	_engine.end(HearsayProtocol.FinishReason.LENGTH)
	same(_told[-1], ["finished", "People say that strange"])
	same(_character.was_cut, true)
	same(_character.get_history(), _messages(["Hello", "People say that strange –"]))
	_character.say("Yes?")
	_engine.end()
	same(_character.was_cut, false)


func test_a_form_that_was_cut_before_its_line_fails_and_is_forgotten() -> void:
	_begin()
	_character.form = FORM
	_character.max_tokens = 8
	_character.say("Hello")
	_engine.write('{"mood": "calm", "line')
	_engine.end(HearsayProtocol.FinishReason.LENGTH)
	same(_told[-1][0], "failed")
	same(_told[-1][1], HearsayProtocol.ErrorCode.BROKEN_STREAM)
	holds("max_tokens (8)" in str(_told[-1][2]), str(_told[-1]))
	same(_character.get_history(), [] as Array[Dictionary])


func test_a_talk_too_long_for_the_model_loses_its_oldest_exchanges() -> void:
	_begin()
	_character.say("Hello")
	same(_engine.requests[0]["request"]["context_policy"], "truncate_oldest")
	_engine.end()
	_character.when_too_long = HearsayProtocol.ContextPolicy.ERROR
	_character.say("Hello")
	same(_engine.requests[1]["request"]["context_policy"], "error")


func test_an_engine_that_is_left_interrupts_and_fails_nobody() -> void:
	_begin()
	_character.say("Hello")
	_engine.write("Well met, str")
	_engine._connection.core.end(
		HearsayProtocol.ErrorCode.CONNECTION_LOST, "This client was closed"
	)
	_engine.fail(HearsayProtocol.ErrorCode.CONNECTION_LOST, "This client was closed")
	same(_told[-1], ["interrupted", "Well met, str"])
	same(_character.get_history(), _messages(["Hello", "Well met, str –"]))


func test_without_an_engine_there_is_no_reply_and_that_is_told() -> void:
	_begin()
	_character.engine = null
	same(_character.say("Hello"), null)
	same(_told, [])
	await process_frame
	same([_told.size(), _told[0][0]], [1, "failed"])
	holds("There is no autoload Hearsay" in str(_told[0][2]), str(_told[0]))
	same(_character.get_history(), [] as Array[Dictionary])


func test_a_line_that_nobody_asked_for_is_remembered() -> void:
	_begin()
	_character.add_line("Come in!")
	_character.say("Hello")
	var greeting: Dictionary = {"role": "assistant", "content": "Come in!"}
	same(_character.get_history()[0], greeting)
	same(_engine.requests[0]["request"]["messages"][1], greeting)
	clean()
	_begin()
	_character.form = FORM
	_character.add_line("Come in!")
	var content: String = _character.get_history()[0]["content"]
	same(JSON.parse_string(content), {"mood": "", "line": "Come in!"})


func test_the_inspector_warns_of_what_is_missing() -> void:
	_begin()
	_character.persona = ""
	_character.form = {"mood": "calm"}
	_character.lore = HearsayLore.new()
	same(_character._get_configuration_warnings().size(), 3)
	clean()
	_begin()
	same(_character._get_configuration_warnings().size(), 0)


func clean() -> void:
	if is_instance_valid(_character):
		_character.free()
	_engine.free()


func _begin() -> void:
	_engine = HandEngine.new()
	_character = HearsayCharacter.new()
	_character.persona = "You are Marta."
	_character.engine = _engine
	_told = []
	_character.token.connect(func(text: String) -> void: _told.append(["token", text]))
	_character.sentence.connect(func(text: String) -> void: _told.append(["sentence", text]))
	_character.field.connect(
		func(key: String, value: Variant) -> void: _told.append(["field", key, value])
	)
	_character.tool_used.connect(
		func(tool: String, arguments: Dictionary, result: Variant) -> void:
			_told.append(["tool", tool, arguments, result])
	)
	_character.reply_finished.connect(func(text: String) -> void: _told.append(["finished", text]))
	_character.interrupted.connect(func(text: String) -> void: _told.append(["interrupted", text]))
	_character.reply_failed.connect(
		func(code: String, message: String) -> void: _told.append(["failed", code, message])
	)
	root.add_child(_character)


func _messages(texts: Array[String]) -> Array[Dictionary]:
	var messages: Array[Dictionary] = []
	for index: int in texts.size():
		var role: String = "assistant" if index % 2 else "user"
		messages.append({"role": role, "content": texts[index]})
	return messages


func _give(item: String) -> Dictionary:
	await process_frame
	return {"have": item}
