extends "res://tests/checks.gd"
## The client whose sidecar is played by the test: what it asks again when a session has ended.

const Core = preload("res://addons/hearsay/client/core.gd")

var _core: Core


func test_who_asks_again_when_the_sidecar_says_goodbye_is_served_by_the_next_session() -> void:
	_connect("one")
	var again: Array[HearsayJob] = []
	var job: HearsayJob = _submit("a")
	job.finished.connect(func(_job: HearsayJob) -> void: again.append(_submit("b")))
	_hear({"type": "goodbye", "code": "bye", "message": "This sidecar is tired"})
	same([job.error.code, again.size()], [HearsayProtocol.ErrorCode.CONNECTION_LOST, 1])
	_core.disconnected("hung up", false)
	_connect("two")
	same(_sent().map(_type), ["submit_chat", "ping"])
	same(again[0].is_finished, false)


func test_who_says_only_garbage_is_told_goodbye_and_what_is_asked_then_waits() -> void:
	var again: Array[HearsayJob] = []
	for strike: int in 3:
		_connect("one", strike > 0)
		if strike == 0:
			_submit("a").finished.connect(
				func(_job: HearsayJob) -> void: again.append(_submit("b"))
			)
		_sent()
		_core.receive("?".to_utf8_buffer())
		if strike < 2:
			_core.disconnected("hung up", false)
	same(again.size(), 1)
	same(_sent().map(_type), ["goodbye"])
	_core.disconnected("hung up", false)
	_connect("two")
	same(_sent().map(_type), ["submit_chat", "ping"])


func test_who_leaves_when_its_session_was_forgotten_is_not_live_again() -> void:
	_connect("one")
	_submit("a").finished.connect(func(_job: HearsayJob) -> void: _core.close())
	_core.disconnected("hung up", false)
	_connect("two")
	same(_core.state, Core.State.OVER)


func clean() -> void:
	_core = null


# A session that is resumed if `resumed`, else a new one.
func _connect(session: String, resumed: bool = false) -> void:
	if _core == null:
		_core = Core.new()
		_core.begin("", HearsayProtocol.ClientInfo.new())
	_core.connected()
	same(_sent().map(_type), ["hello"])
	var welcome: HearsayProtocol.Welcome = HearsayProtocol.Welcome.new()
	welcome.session = session
	welcome.protocol = HearsayProtocol.VERSION
	welcome.resumed = resumed
	welcome.limits = _core.limits
	_hear(welcome.to_dict())


func _submit(name: String) -> HearsayJob:
	var job: HearsayJob = HearsayJob.new()
	var order: Dictionary = {"type": "submit_chat", "job": name, "request": {}}
	_core.submit(order, job)
	return job


func _hear(message: Dictionary) -> void:
	_core.receive(JSON.stringify(message).to_utf8_buffer())


func _sent() -> Array:
	var frames: Array = _core.book.outbox.map(
		func(frame: PackedByteArray) -> Variant:
			return JSON.parse_string(frame.get_string_from_utf8())
	)
	_core.book.outbox.clear()
	return frames


func _type(message: Dictionary) -> String:
	return message["type"]
