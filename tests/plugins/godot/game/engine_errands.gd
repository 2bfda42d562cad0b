extends Case
## What a game asks of [HearsayEngine] beside replies, with a real sidecar.


func test_a_character_is_saved_and_comes_back() -> void:
	var engine: HearsayEngine = add_engine()
	var asked: HearsayJob = engine.submit(request().character("marta"))
	await asked.finished
	var saving: HearsayJob = engine.save_character("marta")
	await saving.finished
	check(saving.succeeded() and saving.character_state != "", "there is no state")
	var loading: HearsayJob = engine.load_character("marta", saving.character_state)
	await loading.finished
	check(loading.succeeded(), "the state is not taken back")
	var wrong: HearsayJob = engine.load_character("marta", "no state")
	await wrong.finished
	check(wrong.error and wrong.error.code == "invalid_request", "anything is a state")
	var nobody: HearsayJob = engine.save_character("nobody")
	await nobody.finished
	check(nobody.error and nobody.error.code == "invalid_request", "nobody has a state")


func test_what_happens_to_a_model_is_told() -> void:
	var engine: HearsayEngine = add_engine()
	await engine.connected
	await get_tree().process_frame
	var told: Array = []
	engine.model_loading_progress.connect(
		func(model: String, progress: float) -> void: told.append([model, progress])
	)
	engine.model_loading_completed.connect(func(good: bool) -> void: told.append(good))
	var info: HearsayProtocol.ModelInfo = HearsayProtocol.ModelInfo.new()
	info.id = MODEL
	for state: String in ["loading", "failed", "loading", "ready"]:
		info = HearsayProtocol.ModelInfo.from_dict(info.to_dict())
		info.state = state
		info.progress = 0.5
		engine._connection.core.model_changed.emit(info)
	check(told == [[MODEL, 0.5], false, [MODEL, 0.5], true], "told was %s" % [told])


func test_what_was_heard_and_a_result_for_nobody_do_no_harm() -> void:
	var engine: HearsayEngine = add_engine()
	var job: HearsayJob = engine.submit(request(200))
	await job.chunk_received
	engine.heard(job.id, 3)
	engine.tool_result(job.id, "no such call", "nothing")
	job.cancel()
	await job.finished
	check(job.was_cancelled(), "it ended as %s" % job.finish_reason)


func test_who_only_connects_says_what_is_missing() -> void:
	var engine: HearsayEngine = HearsayEngine.new()
	engine.connect_only = true
	add_child(engine)
	var job: HearsayJob = engine.submit(request())
	await job.finished
	check(engine.sidecar == null, "a sidecar was started")
	check("Set the url" in job.error.message, job.error.message)
	engine.queue_free()
