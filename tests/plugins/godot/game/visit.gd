extends SceneTree
## A game that is left as soon as somebody speaks in it.


func _initialize() -> void:
	var engine: HearsayEngine = HearsayEngine.new()
	engine.url = OS.get_cmdline_user_args()[0]
	root.add_child(engine)
	engine.inference_token_generated.connect(_on_token)
	engine.stream_chat_completions(
		HearsayRequest.ask("Any rumors lately?").max_tokens(900).field("ignore_eos", true)
	)


func _on_token(_job_id: int, _text: String) -> void:
	print(JSON.stringify({"event": "token"}))
	quit(0)
