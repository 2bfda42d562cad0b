extends SceneTree
## Measures what the addon takes of each frame, and prints it; `tools/bench/godot.py` says of what.
##
## The words are: what to do, the address of a sidecar, and how long, in seconds or in turns. Two
## nodes look at a clock, one before all others of a frame and one after them.

const SETTLE_FRAMES: int = 60

var _engine: HearsayEngine


func _initialize() -> void:
	_measure.call_deferred(OS.get_cmdline_user_args())


func _measure(words: PackedStringArray) -> void:
	var amount: int = words[2].to_int()
	match words[0]:
		"visits":
			await _visits(words[1], amount)
		"cold":
			await _cold()
		_:
			await _begin(words[0], words[1])
			await _frames(amount)
	await process_frame  # Who emits a signal cannot be freed by it.
	if _engine:
		_engine.free()
	quit(0)


func _begin(what: String, url: String) -> void:
	match what:
		"bare idle":
			await _connect_bare(url, false)
		"bare stream":
			await _connect_bare(url, true)
		"idle":
			await _connect(url)
		"stream":
			await _stream(url)
		"stream, every frame":
			await _stream(url)
			_engine.reads_per_second = 0
		"characters":
			await _connect(url)
			await _gather(30)


func _connect(url: String) -> void:
	_engine = HearsayEngine.new()
	_engine.url = url
	root.add_child(_engine)
	await _engine.connected


func _stream(url: String) -> void:
	await _connect(url)
	_engine.inference_token_generated.connect(func(_job: int, _text: String) -> void: pass)
	_engine.stream_chat_completions(_endless())
	await _engine.inference_token_generated


func _connect_bare(url: String, talk: bool) -> void:
	var bare: Bare = Bare.new()
	bare.connect_to(url)
	root.add_child(bare)
	while bare.socket.get_ready_state() != WebSocketPeer.STATE_OPEN:
		await process_frame
	bare.socket.send_text('{"type": "hello", "protocol": 1}')
	if talk:
		var order: Dictionary = _endless().field("model", "hearsay/tavern").to_order("1", true)
		bare.socket.send_text(JSON.stringify(order))
	bare.heard.connect(func(_text: String) -> void: pass)


func _frames(seconds: int) -> void:
	var first: Clock = Clock.new()
	var last: Clock = Clock.new()
	first.process_priority = -1
	last.process_priority = 1
	root.add_child(first)
	root.add_child(last)
	for frame: int in SETTLE_FRAMES:
		await process_frame
	var taken: PackedInt32Array = []
	var begin: int = Time.get_ticks_msec()
	while Time.get_ticks_msec() - begin < seconds * 1000:
		await process_frame  # The one that was is told before the next is processed.
		taken.append(last.seen - first.seen)
	print(JSON.stringify({"frames": taken}))
	first.free()
	last.free()


func _gather(count: int) -> void:
	for number: int in count:
		var character: HearsayCharacter = HearsayCharacter.new()
		character.engine = _engine
		character.name = "Guest%d" % number
		character.persona = "You are guest %d of the tavern." % number
		character.max_tokens = 4000
		root.add_child(character)
		character.token.connect(func(_text: String) -> void: pass)
		character.reply_finished.connect(
			func(_text: String) -> void: character.say.call_deferred("And then?")
		)
		character.say("Any rumors lately?")
	var writing: Dictionary[Node, bool] = {}
	for character: Node in root.get_children():
		if character is HearsayCharacter:
			character.connect("token", func(_text: String) -> void: writing[character] = true)
	while writing.size() < count:
		await process_frame


func _visits(url: String, turns: int) -> void:
	var warm: int = 20
	var before: float = 0.0
	for turn: int in turns + warm:
		var engine: HearsayEngine = HearsayEngine.new()
		engine.url = url
		root.add_child(engine)
		engine.stream_chat_completions(_endless())
		await engine.inference_token_generated
		await process_frame  # Who emits a signal cannot be freed by it.
		engine.free()
		if turn == warm - 1:
			before = Performance.get_monitor(Performance.OBJECT_COUNT)
	print(JSON.stringify({"objects": Performance.get_monitor(Performance.OBJECT_COUNT) - before}))


func _cold() -> void:
	var begin: int = Time.get_ticks_usec()
	_engine = HearsayEngine.new()
	root.add_child(_engine)
	_engine.request_failed.connect(
		func(_id: int, code: String, message: String) -> void: printerr(code, ": ", message)
	)
	_engine.stream_chat_completions(HearsayRequest.ask("Any rumors lately?").max_tokens(8))
	await _engine.inference_token_generated
	print(JSON.stringify({"seconds": (Time.get_ticks_usec() - begin) / 1_000_000.0}))


func _endless() -> HearsayRequest:
	return HearsayRequest.ask("Any rumors lately?").max_tokens(100_000).field("ignore_eos", true)


class Clock:
	extends Node
	## Notes when it was processed.

	var seen: int = 0

	func _process(_delta: float) -> void:
		seen = Time.get_ticks_usec()


class Bare:
	extends Node
	## The least that any client of this protocol must do: a socket, JSON and a signal; no checks.

	signal heard(text: String)

	var socket: WebSocketPeer = WebSocketPeer.new()

	func connect_to(url: String) -> void:
		socket.connect_to_url(url.replace("http", "ws") + "/v1/bridge")

	func _process(_delta: float) -> void:
		socket.poll()
		while socket.get_available_packet_count() > 0:
			var message: Dictionary = JSON.parse_string(socket.get_packet().get_string_from_utf8())
			heard.emit(str(message.get("text")))
