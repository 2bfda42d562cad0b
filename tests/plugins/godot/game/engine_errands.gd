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


func test_a_result_that_is_too_large_costs_no_connection() -> void:
	var engine: HearsayEngine = add_engine()
	await engine.connected
	var reasons: Array[String] = []
	engine.disconnected.connect(func(reason: String) -> void: reasons.append(reason))
	engine.tool_result(1, "c1", "x".repeat(2 << 20))
	var status: HearsayProtocol.Status = await engine.get_status()
	check(status != null and reasons.is_empty(), "the connection was lost: %s" % [reasons])


func test_what_was_heard_and_a_result_for_nobody_do_no_harm() -> void:
	var engine: HearsayEngine = add_engine()
	var job: HearsayJob = engine.submit(request(200))
	await job.chunk_received
	engine.heard(job.id, 3)
	engine.tool_result(job.id, "no such call", "nothing")
	job.cancel()
	await job.finished
	check(job.was_cancelled(), "it ended as %s" % job.finish_reason)


func test_who_asks_again_whenever_it_fails_holds_up_no_frame() -> void:
	var engine: HearsayEngine = HearsayEngine.new()
	engine.connect_only = true
	add_child(engine)
	var failed: Array[int] = []
	var ask: Callable = func(again: Callable) -> void:
		var job: HearsayJob = engine.submit(request())
		job.finished.connect(
			func(_job: HearsayJob) -> void:
				failed.append(Engine.get_process_frames())
				if failed.size() < 1000:
					again.call(again)
		)
	ask.call(ask)
	while failed.size() < 3:
		await get_tree().process_frame
	check(failed[0] < failed[1] and failed[1] < failed[2], "it failed in frames %s" % [failed])
	engine.queue_free()


func test_who_asks_again_while_the_engine_leaves_is_told_once_it_is_back() -> void:
	var engine: HearsayEngine = add_engine()
	var jobs: Array[HearsayJob] = []
	var ask: Callable = func(again: Callable) -> void:
		jobs.append(engine.submit(request(900)))
		if jobs.size() < 1000:
			jobs[-1].finished.connect(func(_job: HearsayJob) -> void: again.call(again))
	ask.call(ask)
	await jobs[0].chunk_received
	remove_child(engine)
	check(jobs.size() == 3 and not jobs[2].is_finished, "it asked %d times" % jobs.size())
	add_child(engine)
	await jobs[2].finished
	check(jobs[2].error and jobs[2].error.code == "connection_lost", "it has another end")
	await jobs[3].chunk_received
	for connection: Dictionary in jobs[3].finished.get_connections():
		var callable: Callable = connection["callable"]
		jobs[3].finished.disconnect(callable)
	jobs.clear()  # Each of them has a listener that holds them all.
	engine.queue_free()


func test_a_sidecar_that_could_not_be_had_is_tried_again() -> void:
	ProjectSettings.set_setting(HearsaySettings.COMMAND, "/no/such/program")
	var engine: HearsayEngine = HearsayEngine.new()
	add_child(engine)
	await engine.disconnected
	var before: HearsaySidecar = engine.sidecar
	check(before.state == HearsaySidecar.State.FAILED, "it was had")
	engine.start()
	check(before.state == HearsaySidecar.State.SEARCHING, "it is not tried again")
	var job: HearsayJob = engine.submit(request())
	await get_tree().process_frame
	check(not job.is_finished or before.state == HearsaySidecar.State.FAILED, "it did not wait")
	while not job.is_finished:
		await get_tree().process_frame
	ProjectSettings.set_setting(HearsaySettings.COMMAND, null)
	engine.queue_free()


func test_a_new_address_is_not_hung_up_for_what_was_before() -> void:
	var core: HearsayEngine.Core = HearsayEngine.Core.new()
	core.wait("The sidecar has ended")
	core.begin("", HearsayProtocol.ClientInfo.new())
	check(core.hanging_up == "", core.hanging_up)


func test_who_only_connects_says_what_is_missing() -> void:
	var engine: HearsayEngine = HearsayEngine.new()
	engine.connect_only = true
	add_child(engine)
	var job: HearsayJob = engine.submit(request())
	await job.finished
	check(engine.sidecar == null, "a sidecar was started")
	check("Set the url" in job.error.message, job.error.message)
	engine.queue_free()
