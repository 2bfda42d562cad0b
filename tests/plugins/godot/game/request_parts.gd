extends "res://tests/checks.gd"
## What requests are made of, and what a job tells.


func test_a_request_says_each_thing_under_its_name() -> void:
	var request: HearsayRequest = (
		HearsayRequest
		. ask("Hello")
		. model("m")
		. system("Be brief.")
		. assistant("Yes?")
		. temperature(0.5)
		. top_p(0.9)
		. top_k(40)
		. min_p(0.1)
		. max_tokens(7)
		. stop(["\n"])
		. seed_with(3)
		. replies(2)
		. field("logprobs", true)
	)
	var fields: Dictionary = request.to_order("1", true)["request"]
	var messages: Array = fields["messages"]
	var roles: Array = messages.map(func(message: Dictionary) -> String: return message["role"])
	same(roles, ["user", "system", "assistant"])
	fields.erase("messages")
	same(
		fields,
		{
			"model": "m",
			"temperature": 0.5,
			"top_p": 0.9,
			"top_k": 40,
			"min_p": 0.1,
			"max_tokens": 7,
			"stop": ["\n"] as Array[String],
			"seed": 3,
			"n": 2,
			"logprobs": true,
			"stream": true,
		}
	)


func test_what_goes_beside_a_request_has_its_name_too() -> void:
	var request: HearsayRequest = (
		HearsayRequest
		. ask("Hello")
		. priority(HearsayProtocol.Priority.BACKGROUND)
		. deadline(1.5)
		. first_token_by(0.0001)
		. replace_key("marta")
		. character("marta")
		. tag("scene", "tavern")
		. tag("act", "1")
		. cancel_when_gone()
		. with_fields()
		. with_sentences()
		. option("tool_rounds", 2)
	)
	var order: Dictionary = request.to_order("job", false)
	same(order["request"]["stream"], false)
	order.erase("request")
	same(
		order,
		{
			"type": "submit_chat",
			"job": "job",
			"priority": "background",
			"deadline_ms": 1500,
			"first_token_by_ms": 1,
			"replace_key": "marta",
			"character": "marta",
			"tags": {"scene": "tavern", "act": "1"},
			"when_gone": "cancel",
			"field_events": true,
			"sentence_events": true,
			"tool_rounds": 2,
		}
	)


func test_a_request_is_made_of_text_dictionaries_and_requests_alike() -> void:
	var request: HearsayRequest = HearsayRequest.ask("Hello")
	same(HearsayRequest.from(request), request)
	same(HearsayRequest.from(request.fields).fields, request.fields)
	same(HearsayRequest.from(JSON.stringify(request.fields)).fields, request.fields)
	for nonsense: Variant in ["[]", "{", 7, null]:
		same(HearsayRequest.from(nonsense), null)


func test_a_request_stays_as_it_is_when_it_was_sent() -> void:
	var request: HearsayRequest = HearsayRequest.ask("Hello")
	var order: Dictionary = request.to_order("1", true)
	request.user("And?")
	var sent: Array = order["request"]["messages"]
	same(sent.size(), 1)


func test_a_job_tells_thinking_apart_from_what_is_said() -> void:
	var job: HearsayJob = HearsayJob.new(1)
	var told: Array = []
	job.reasoning_received.connect(func(text: String) -> void: told.append(["thought", text]))
	job.chunk_received.connect(func(text: String) -> void: told.append(["said", text]))
	job.alternative_received.connect(
		func(index: int, text: String) -> void: told.append([index, text])
	)
	job.receive(_chunk("Hm. ", 0, true))
	job.receive(_chunk("Yes.", 0, false))
	job.receive(_chunk("No.", 1, false))
	same(told, [["thought", "Hm. "], ["said", "Yes."], [1, "No."]])
	same([job.reasoning, job.text, job.get_text(1)], ["Hm. ", "Yes.", "No."])


func test_a_job_that_is_over_is_cancelled_in_vain() -> void:
	var asked: Array[bool] = []
	var job: HearsayJob = HearsayJob.new(1, func() -> void: asked.append(true))
	job.cancel()
	var failed: HearsayProtocol.JobFailed = HearsayProtocol.JobFailed.new()
	job.receive(failed)
	job.cancel()
	same(asked.size(), 1)
	holds(job.is_finished and not job.succeeded() and job.error == failed, "it failed")


func _chunk(text: String, index: int, reasoning: bool) -> HearsayProtocol.JobChunk:
	var chunk: HearsayProtocol.JobChunk = HearsayProtocol.JobChunk.new()
	chunk.text = text
	chunk.index = index
	chunk.reasoning = reasoning
	return chunk
