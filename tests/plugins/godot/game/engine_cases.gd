extends Case
## What a game asks of [HearsayEngine], with a real sidecar.


func test_a_plain_reply_comes_whole_and_as_json() -> void:
	var engine: HearsayEngine = add_engine()
	var fields: Dictionary = request().fields
	var job_id: int = engine.async_chat_completions(JSON.stringify(fields))
	check(heard.is_empty(), "something was told before the call returned")
	var end: Array = await until_over(job_id)
	check(end[0] == "reply", "it ended as %s" % [end])
	var answer: Dictionary = JSON.parse_string(str(end[2]))
	check(answer["object"] == "chat.completion", "it is no answer: %s" % answer)
	var content: String = answer["choices"][0]["message"]["content"]
	check(content != "", "nothing was said")
	check('"completion_tokens":12,' in str(end[2]), "numbers are no integers: %s" % end[2])
	check(lasts("token", job_id).is_empty(), "a plain reply came in pieces")


func test_a_stream_comes_in_pieces_which_are_the_whole_reply() -> void:
	var engine: HearsayEngine = add_engine()
	var streamed: int = engine.stream_chat_completions(request(24).fields)
	var job: HearsayJob = engine.job(streamed)
	var end: Array = await until_over(streamed)
	check(end[0] == "completed", "it ended as %s" % [end])
	check(lasts("token", streamed).size() > 1, "it came in one piece")
	# Not the plain reply of the same seed: two that run at once may differ in a word.
	check(text(streamed) == job.response.choices[0].message.content, "the texts differ")


func test_a_cancelled_job_ends_as_cancelled() -> void:
	var engine: HearsayEngine = add_engine()
	var job_id: int = engine.stream_chat_completions(request(900))
	await until("token", job_id)
	engine.cancel(job_id)
	check((await until_over(job_id))[0] == "cancelled", "it ended as %s" % [ends(job_id)])
	engine.cancel(job_id)
	check(engine.job(job_id) == null, "a job that is over is still known")


func test_requests_that_are_wrong_fail_with_a_code_and_after_the_call() -> void:
	var engine: HearsayEngine = add_engine()
	var nobody: int = engine.async_chat_completions(request().model("no/such"))
	var wild: int = engine.stream_chat_completions(request().field("temperature", "hot"))
	var nonsense: int = engine.async_chat_completions("{never JSON")
	var number: int = engine.stream_chat_completions(7)
	var huge: int = engine.async_chat_completions(request().user("x".repeat(2 << 20)))
	check(heard.is_empty(), "something was told before the call returned")
	for expected: Array in [
		[nobody, "model_not_found"],
		[wild, "invalid_request"],
		[nonsense, "invalid_request"],
		[number, "invalid_request"],
		[huge, "too_large"],
	]:
		var end: Array = await until_over(int(str(expected[0])))
		check(end[0] == "failed" and end[2] == expected[1], "%s, not %s" % [end, expected])
	var sources: Dictionary = {'{\n"a": ]}': "line 2", "[]": "not an object", 7: "neither JSON"}
	for source: Variant in sources:
		var told: String = HearsayRequest.fault_of(source)
		check(str(sources[source]) in told, told)


func test_a_submitted_job_is_awaited_and_speaks_for_itself() -> void:
	var engine: HearsayEngine = add_engine()
	var pieces: Array[String] = []
	var job: HearsayJob = engine.submit(request())
	job.chunk_received.connect(func(piece: String) -> void: pieces.append(piece))
	await job.finished
	check(job.succeeded() and job.finish_reason == "length", "it failed")
	check("".join(pieces) == job.text and job.text != "", "the pieces are not the text")
	check(job.usage.completion_tokens == 12, "it counts %d tokens" % job.usage.completion_tokens)
	check(job.timings.decode_ms > 0.0, "it took no time")
	check(heard.is_empty(), "the engine spoke for it: %s" % [heard])


func test_a_job_that_fails_has_an_error() -> void:
	var engine: HearsayEngine = add_engine()
	var job: HearsayJob = engine.submit(request().model("no/such"))
	await job.finished
	check(not job.succeeded() and job.error.code == "model_not_found", "it went well")
	check(str(job.error.param).ends_with("model"), "it blames %s" % job.error.param)


func test_a_job_of_a_node_is_cancelled_when_the_node_is_freed() -> void:
	var engine: HearsayEngine = add_engine()
	var speaker: Node = Node.new()
	add_child(speaker)
	var job: HearsayJob = engine.submit(request(900), speaker)
	await job.chunk_received
	speaker.queue_free()
	await job.finished
	check(job.was_cancelled(), "it ended as %s" % job.finish_reason)


func test_a_listener_that_is_freed_in_mid_stream_harms_nobody() -> void:
	var engine: HearsayEngine = add_engine()
	var listener: Node = Listener.new()
	add_child(listener)
	var job: HearsayJob = engine.submit(request(60))
	listener.call("listen", job)
	await job.chunk_received
	listener.queue_free()
	await job.finished
	check(job.succeeded(), "the job did not outlive its listener")


func test_a_scene_change_in_mid_stream_lets_jobs_go_on() -> void:
	var engine: HearsayEngine = add_engine(get_tree().root)
	var empty: Node = Node.new()
	var packed: PackedScene = PackedScene.new()
	packed.pack(empty)
	empty.free()
	get_tree().change_scene_to_packed(packed)
	await get_tree().scene_changed
	var job: HearsayJob = engine.submit(request(60))
	job.chunk_received.connect(get_tree().current_scene.set_editor_description)
	await job.chunk_received
	get_tree().change_scene_to_packed(packed)
	await job.finished
	check(job.succeeded() and job.usage.completion_tokens == 60, "the job ended with its scene")
	get_tree().unload_current_scene()
	engine.queue_free()


func test_an_engine_that_leaves_ends_its_jobs_once() -> void:
	var engine: HearsayEngine = add_engine()
	var job_id: int = engine.stream_chat_completions(request(900))
	var job: HearsayJob = engine.submit(request(900))
	await until("token", job_id)
	remove_child(engine)
	check(ends(job_id) == [["failed", job_id, "connection_lost", "This client was closed"]], "no")
	check(job.is_finished and job.error.code == "connection_lost", "the other has no end")
	add_child(engine)
	var again: int = engine.stream_chat_completions(request())
	check((await until_over(again))[0] == "completed", "it does not come back")
	engine.queue_free()


func test_a_paused_tree_does_not_stop_a_stream() -> void:
	var engine: HearsayEngine = add_engine()
	await engine.connected
	get_tree().paused = true
	var job: HearsayJob = engine.submit(request(30))
	await job.finished
	get_tree().paused = false
	check(job.succeeded(), "it did not go on")


func test_an_engine_that_awaits_nothing_rests_until_it_is_asked() -> void:
	var engine: HearsayEngine = add_engine()
	for turn: int in 3:
		await until_resting(engine)
		var job: HearsayJob = engine.submit(request())
		check(engine.is_processing(), "it rests though it was asked")
		await job.finished
		check(job.succeeded(), "it failed")


func test_text_is_read_as_often_as_is_wished() -> void:
	var engine: HearsayEngine = add_engine()
	var job: HearsayJob = engine.submit(request(200))
	await job.chunk_received
	await until_resting(engine)
	check(not job.is_finished, "it rested after the end alone")
	engine.reads_per_second = 0
	await job.chunk_received
	while not job.is_finished:
		check(engine.is_processing(), "it left out a frame")
		await get_tree().process_frame
	check(job.succeeded() and job.usage.completion_tokens == 200, "it failed")


func test_a_broken_connection_is_mended_without_a_word() -> void:
	var engine: HearsayEngine = add_engine()
	# Long enough that it is still being written when it is dropped for the third time.
	var job: HearsayJob = engine.submit(request(600))
	var told: Array[String] = []
	job.chunk_received.connect(func(chunk: String) -> void: told.append(chunk))
	var reasons: Array[String] = []
	engine.disconnected.connect(func(reason: String) -> void: reasons.append(reason))
	for drop: int in 3:
		var before: int = told.size()
		while told.size() == before and not job.is_finished:
			await get_tree().process_frame
		engine.drop_connection()
	while not job.is_finished:
		await get_tree().process_frame
	# Not beside another reply's text: a prompt that was read before is not read in the same pieces.
	var whole: String = job.response.choices[0].message.content
	check(whole.length() > 100, "the reply is too short to be dropped thrice")
	check("".join(told) == whole, "what was told differs from what was written")
	check(reasons.size() == 3, "the drops were told as %s" % [reasons])


func test_messages_beyond_64_kib_reach_the_sidecar() -> void:
	var engine: HearsayEngine = add_engine()
	var job: HearsayJob = engine.submit(request().user("word ".repeat(60_000)))
	await job.finished
	check(job.error and job.error.code == "context_exceeded", "%s" % job.text)


func test_two_engines_do_not_hear_each_other() -> void:
	var one: HearsayEngine = add_engine()
	var other: HearsayEngine = add_engine()
	var mine: HearsayJob = one.submit(request(40))
	var theirs: HearsayJob = other.submit(request(900))
	await mine.finished
	theirs.cancel()
	await theirs.finished
	check(mine.succeeded() and theirs.was_cancelled(), "they are not apart")


func test_status_models_pace_and_a_prefix_are_understood() -> void:
	var engine: HearsayEngine = add_engine()
	var loaded: Array[bool] = []
	engine.model_loading_completed.connect(func(good: bool) -> void: loaded.append(good))
	await engine.connected
	await get_tree().process_frame
	check(loaded == [true], "models were told as %s" % [loaded])
	check(engine.get_models()[0].id == MODEL, "the model is unknown")
	engine.pace(HearsayProtocol.PaceMode.BALANCED, 0.5, 0.0, 16.7)
	var status: HearsayProtocol.Status = await engine.get_status()
	check(status != null and status.sessions > 0, "there is no status")
	var prefix: HearsayJob = engine.prepare(
		MODEL, [{"role": "system", "content": "You are Boris."}]
	)
	await prefix.finished
	check(prefix.succeeded(), "the prefix was not read")


func test_what_is_asked_at_once_waits_for_the_connection() -> void:
	var engine: HearsayEngine = HearsayEngine.new()
	engine.autostart = false
	engine.url = url
	add_child(engine)
	var job: HearsayJob = engine.submit(request())
	await get_tree().process_frame
	check(not job.is_finished, "it did not wait")
	engine.start()
	await job.finished
	check(job.succeeded(), "it failed")


func test_an_address_that_is_none_is_told() -> void:
	var engine: HearsayEngine = HearsayEngine.new()
	engine.url = "the innkeeper"
	add_child(engine)
	var job: HearsayJob = engine.submit(request())
	await job.finished
	check("is no address" in job.error.message, job.error.message)
	engine.queue_free()


func test_fifty_engines_come_and_go_and_leave_nothing() -> void:
	var before: float = 0.0
	for turn: int in 55:
		var engine: HearsayEngine = add_engine()
		var job: HearsayJob = engine.submit(request(900))
		await job.chunk_received
		remove_child(engine)
		check(job.is_finished, "a job has no end")
		job = null
		engine.free()
		if turn == 4:  # What is made once and kept is there by now.
			before = Performance.get_monitor(Performance.OBJECT_COUNT)
	var more: float = Performance.get_monitor(Performance.OBJECT_COUNT) - before
	check(more <= 0.0, "%d objects are left" % more)
	var witness: HearsayEngine = add_engine()
	var sessions: int = 99
	while sessions > 1:
		sessions = (await witness.get_status()).sessions


class Listener:
	extends Node
	## Waits for a job's end, and is freed before it.

	var _text: String = ""

	# Godot 4.6 never lets go of the parameters of a coroutine whose node is freed.
	var _job: HearsayJob

	func listen(job: HearsayJob) -> void:
		_job = job
		_follow()

	func _follow() -> void:
		_job.chunk_received.connect(_on_chunk)
		await _job.finished
		_text = "over"

	func _on_chunk(piece: String) -> void:
		_text += piece
