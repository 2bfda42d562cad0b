extends SceneTree
## This client at the end of the conformance suite's line protocol, which
## [code]tools/conformance/README.md[/code] describes.

const Connection = preload("res://addons/hearsay/client/connection.gd")
const Core = preload("res://addons/hearsay/client/core.gd")
const Question = preload("res://addons/hearsay/client/question.gd")

const LINE_BYTES: int = 1 << 22

var _thread: Thread = Thread.new()
var _mutex: Mutex = Mutex.new()
var _lines: Array[String] = []
var _connection: Connection
var _settled: bool = false
var _jobs: Dictionary[String, HearsayJob] = {}


func _initialize() -> void:
	_thread.start(_read)


func _process(_delta: float) -> bool:
	_mutex.lock()
	var lines: Array[String] = _lines
	_lines = []
	_mutex.unlock()
	for line: String in lines:
		if line == "":
			_close()
			return true
		var command: Dictionary = JSON.parse_string(line)
		_obey(command)
	if _connection:
		_connection.poll()
	return false


func _finalize() -> void:
	_thread.wait_to_finish()


func _read() -> void:
	var line: String = "?"
	while line != "":
		line = OS.read_string_from_stdin(LINE_BYTES)
		_mutex.lock()
		_lines.append(line)
		_mutex.unlock()


func _obey(command: Dictionary) -> void:
	match command["do"]:
		"connect":
			_connect(command)
		"close":
			_close()
			_saw("closed", {})
		"block":
			var seconds: float = command["seconds"]
			OS.delay_msec(roundi(seconds * 1000.0))
		"stream":
			_submit(command, true)
		"ask":
			_submit(command, false)
		"prepare":
			var order: Dictionary = command.duplicate()
			order.erase("do")
			order["type"] = HearsayProtocol.Prepare.TAG
			_follow(order)
		"cancel":
			var job: String = command["job"]
			_connection.core.book.cancel(job)
		"tool_result":
			var result: Dictionary = command.duplicate()
			result.erase("do")
			result["type"] = HearsayProtocol.ToolResult.TAG
			_connection.core.book.say(result)
		"drop":
			_connection.drop()
		"status":
			_ask(HearsayProtocol.GetStatus.new().to_dict(), HearsayProtocol.Status)
		"models":
			_ask(HearsayProtocol.ListModels.new().to_dict(), HearsayProtocol.Models)
	if _connection:
		_connection.flush()


func _connect(command: Dictionary) -> void:
	_connection = Connection.new()
	_settled = false
	var patience: Dictionary = command.get("patience", {})
	for name: String in patience:
		_connection.core.outage.set(name, patience[name])
	_connection.core.welcomed.connect(_on_welcomed)
	_connection.core.gave_up.connect(_on_gave_up)
	_connection.core.faulted.connect(_on_faulted)
	var token: String = command["token"] if command.get("token") else ""
	var url: String = command["url"]
	var client: HearsayProtocol.ClientInfo = HearsayProtocol.ClientInfo.new()
	_connection.open(Connection.address(url), token, client)


func _close() -> void:
	if _connection:
		_settled = true
		_connection.close()
		_connection = null


func _submit(command: Dictionary, stream: bool) -> void:
	var fields: Dictionary = command["request"]
	var request: HearsayRequest = HearsayRequest.from(fields)
	var job: String = command["job"]
	for name: String in command:
		if not name in ["do", "job", "request"]:
			request.option(name, command[name])
	_follow(request.to_order(job, stream))


func _follow(order: Dictionary) -> void:
	var name: String = order["job"]
	var job: HearsayJob = HearsayJob.new()
	_jobs[name] = job
	job.started.connect(
		func(_tokens: int) -> void: _saw("started", {"job": name, "warnings": job.warnings})
	)
	job.chunk_received.connect(_on_text.bind(name))
	job.alternative_received.connect(_on_alternative.bind(name))
	job.field_received.connect(
		func(path: String, value: Variant) -> void:
			_saw("field", {"job": name, "path": path, "value": value})
	)
	job.sentence_received.connect(
		func(number: int, text: String) -> void:
			_saw("sentence", {"job": name, "number": number, "text": text})
	)
	job.tool_called.connect(_on_called.bind(name))
	job.finished.connect(_on_finished.bind(name))
	_connection.core.submit(order, job)


func _ask(message: Dictionary, type: GDScript) -> void:
	var question: Question = Question.new(message, type)
	question.answered.connect(_on_answered.bind(question))
	_connection.core.ask(question)


func _on_text(text: String, name: String) -> void:
	_saw("chunk", {"job": name, "index": 0, "text": text})


func _on_alternative(index: int, text: String, name: String) -> void:
	_saw("chunk", {"job": name, "index": index, "text": text})


func _on_called(called: HearsayProtocol.ToolCall, name: String) -> void:
	var event: Dictionary = {"job": name, "call": called.id}
	event.merge({"name": called.name, "arguments": called.arguments})
	_saw("call", event)


func _on_finished(job: HearsayJob, name: String) -> void:
	_jobs.erase(name)
	if job.error:
		_saw("failed", {"job": name, "code": job.error.code, "message": job.error.message})
		return
	var reasons: Array[String] = []
	var texts: Array[String] = []
	if job.response:
		for choice: HearsayProtocol.Choice in job.response.choices:
			reasons.append(choice.finish_reason)
			texts.append(job.get_text(choice.index))
	_saw("done", {"job": name, "texts": texts, "reasons": reasons})


func _on_answered(answer: RefCounted, _question: Question) -> void:
	if answer is HearsayProtocol.Status:
		var status: HearsayProtocol.Status = answer
		_saw("status", {"sessions": status.sessions})
	elif answer is HearsayProtocol.Models:
		var models: HearsayProtocol.Models = answer
		var ids: Array = models.models.map(
			func(model: HearsayProtocol.ModelInfo) -> String: return model.id
		)
		_saw("models", {"models": ids})
	else:
		_saw("error", {"code": "connection_lost", "message": "The sidecar is gone"})


func _on_welcomed(welcome: HearsayProtocol.Welcome) -> void:
	_settled = true
	_saw("connected", {"resumed": welcome.resumed})


func _on_gave_up(code: String, message: String) -> void:
	if not _settled:
		_settled = true
		_saw("error", {"code": code, "message": message})


func _on_faulted(fault: HearsayProtocol.Fault) -> void:
	_saw("fault", {"code": fault.code})


func _saw(what: String, more: Dictionary) -> void:
	var event: Dictionary = {"saw": what}
	event.merge(more)
	print(JSON.stringify(event))
