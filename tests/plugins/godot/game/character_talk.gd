extends "res://tests/checks.gd"
## A character with a real sidecar and the model that comes with Hearsay.

var _engine: HearsayEngine


func test_the_first_word_of_a_reply_comes_though_nothing_ran_before() -> void:
	var begun: int = Time.get_ticks_msec()
	_engine = HearsayEngine.new()
	root.add_child(_engine)
	var character: HearsayCharacter = _character()
	character.say("Good evening!")
	await character.token
	print(JSON.stringify({"event": "first_token", "msec": Time.get_ticks_msec() - begun}))
	await character.job.finished
	same(character.get_history().size(), 2)
	holds(str(character.get_history()[1]["content"]).length() > 5, "something was said")
	character.queue_free()


func test_who_is_freed_in_mid_stream_leaves_no_work_behind() -> void:
	var character: HearsayCharacter = _character()
	character.max_tokens = 1000
	var job: HearsayJob = character.say("Tell me a story.")
	await character.token
	character.queue_free()
	await job.finished
	holds(job.was_cancelled() or job.error != null, "the job was taken back")
	var status: HearsayProtocol.Status = await _engine.get_status()
	same(status.models[0].running + status.models[0].waiting, 0)


func test_a_form_gives_a_mood_and_a_line() -> void:
	var character: HearsayCharacter = _character()
	character.form = {"mood": "calm, happy, proud, sad, angry, afraid, curious", "line": ""}
	var moods: Array[String] = []
	character.field.connect(func(_key: String, value: Variant) -> void: moods.append(str(value)))
	character.say("Good evening!")
	var line: String = await character.reply_finished
	holds(line != "" and "{" not in line, line)
	same(moods.size(), 1)
	character.queue_free()


func test_several_who_share_lore_speak_at_once() -> void:
	var lore: HearsayLore = HearsayLore.new()
	lore.text = "The Crooked Lantern is a tavern in the town of Eldham."
	var jobs: Array[HearsayJob] = []
	for number: int in 6:
		var character: HearsayCharacter = _character()
		character.lore = lore
		jobs.append(character.say("Good evening!"))
	for job: HearsayJob in jobs:
		if not job.is_finished:
			await job.finished
		holds(job.succeeded() and job.text != "", "everybody speaks")


func test_a_talk_longer_than_the_model_can_hold_goes_on() -> void:
	var character: HearsayCharacter = _character()
	character.remembered = 0
	for exchange: int in 40:
		character.add_line("The road to Mistwell is closed, and nobody knows why. ".repeat(5))
		character.say("Is that so? Tell me more of it.")
		if not character.job.is_finished:
			await character.job.finished
		same(character.get_history().size(), 3 * (exchange + 1))
	holds(character.get_history().size() == 120, "every question was answered")
	character.queue_free()


func _character() -> HearsayCharacter:
	var character: HearsayCharacter = HearsayCharacter.new()
	character.persona = "You are Marta, the keeper of the Crooked Lantern."
	character.engine = _engine
	character.temperature = 0.3
	character.seed_number = 7
	root.add_child(character)
	return character
