extends "res://tests/ordered.gd"
## A game whose engine starts its sidecar; see tests/plugins/godot/test_engine.py.

var _engine: HearsayEngine


func begin() -> void:
	_engine = HearsayEngine.new()
	_engine.inference_token_generated.connect(
		func(job: int, text: String) -> void: tell("token", {"job": job, "text": text})
	)
	_engine.inference_completed.connect(func(job: int) -> void: tell("completed", {"job": job}))
	_engine.request_failed.connect(
		func(job: int, code: String, _message: String) -> void:
			tell("failed", {"job": job, "code": code})
	)
	_engine.disconnected.connect(func(_reason: String) -> void: tell("disconnected"))
	_engine.connected.connect(func() -> void: tell("connected", {"pid": _engine.sidecar.pid}))
	root.add_child(_engine)


func obey(line: String) -> void:
	if line == "rest":
		while _engine.is_processing():
			await process_frame
		tell("resting", {"pid": _engine.sidecar.pid})
		return
	var request: HearsayRequest = HearsayRequest.ask("Any rumors lately?").max_tokens(line.to_int())
	_engine.stream_chat_completions(request.field("ignore_eos", true))
