@tool
extends RefCounted
## What a client has asked for and not been told the end of: jobs, questions, and plain sayings.

const Codec = preload("codec.gd")
const Pending = preload("pending.gd")
const Question = preload("question.gd")

## Whether there is a connection; only then anything is put into [member outbox].
var live: bool = false

## The frames that are to be sent, in order.
var outbox: Array[PackedByteArray] = []

var _jobs: Dictionary[String, Pending] = {}
var _questions: Array[Question] = []
var _sayings: Array[Dictionary] = []
var _pace: Dictionary = {}


## Puts a message into the outbox.
func send(message: Dictionary) -> void:
	outbox.append(Codec.encode(message))


## How many jobs are open.
func size() -> int:
	return _jobs.size()


## Whether nothing is awaited.
func is_idle() -> bool:
	return _jobs.is_empty() and _questions.is_empty()


## Whether there is an open job of this name.
func has(name: String) -> bool:
	return _jobs.has(name)


## Opens a job.
func open(pending: Pending) -> void:
	_jobs[pending.name] = pending
	if live:
		_order(pending)


## Takes a job back; one that is over, or already taken back, stays as it is.
func cancel(name: String) -> void:
	var pending: Pending = _jobs.get(name)
	if pending and not pending.cancelled:
		pending.cancelled = true
		if live:
			_send_cancel(name)


## Asks what has an answer.
func ask(question: Question) -> void:
	_questions.append(question)
	if live:
		send(question.document)


## Says what has no answer, now or as soon as there is a connection.
func say(message: Dictionary) -> void:
	var kind: String = message["type"]
	if kind == HearsayProtocol.ToolResult.TAG:
		var name: String = message["job"]
		var pending: Pending = _jobs.get(name)
		if pending:
			pending.results[message["call"]] = message
	if kind == HearsayProtocol.Pace.TAG:
		_pace = message
	elif not live:
		_sayings.append(message)
	if live:
		send(message)


## Returns what is here of every job that the sidecar may know.
func seen() -> Array[HearsayProtocol.Seen]:
	var here: Array[HearsayProtocol.Seen] = []
	for pending: Pending in _jobs.values():
		if pending.sent:
			here.append(pending.seen())
	return here


## Speaks over a new connection; [param lost] are jobs that the sidecar does not know.
func go_on(lost: Array[String]) -> void:
	live = true
	for name: String in lost:
		_recover(name)
	for pending: Pending in _jobs.values():
		if not pending.sent:
			_order(pending)
		if pending.cancelled:
			_send_cancel(pending.name)
	for message: Dictionary in _sayings:
		send(message)
	_sayings.clear()
	for question: Question in _questions:
		send(question.document)
	if _pace:
		send(_pace)


## Takes in a chunk if it is the next text of a job's first reply and nothing else, as nine of ten
## messages are; any other changes nothing and is for [method hear].
func hear_text(chunk: Dictionary) -> bool:
	var name: Variant = chunk.get("job")
	var text: Variant = chunk.get("text")
	var offset: Variant = chunk.get("offset")
	if not (name is String and text is String and offset is float and chunk.size() == 4):
		return false
	var pending: Pending = _jobs.get(name)
	var new: String = text
	var end: float = offset
	return pending != null and pending.take_text(new, end)


## Takes in what is said of a job; returns whether anything of it was new.
func hear(name: String, message: RefCounted) -> bool:
	var pending: Pending = _jobs.get(name)
	if pending == null:  # Late words about a job that is over.
		return false
	var new: RefCounted = pending.news(message)
	if _fail_of_gap(pending):
		return true
	if new == null:
		_answer_again(pending, message)
		return false
	if _is_last(new):
		_jobs.erase(name)
	pending.job.receive(new)
	return true


## Gives the answer to the oldest question of its kind.
func answer(message: RefCounted) -> void:
	for question: Question in _questions:
		if is_instance_of(message, question.answer_type):
			_questions.erase(question)
			question.answer(message)
			return


## Lets the jobs fail that the sidecar may have known; the others wait on.
func fail_sent(code: String, message: String) -> void:
	for pending: Pending in _jobs.values():
		if pending.sent:
			_fail(pending, code, message)


## Lets everything fail.
func fail_all(code: String, message: String) -> void:
	for pending: Pending in _jobs.values():
		_fail(pending, code, message)
	_sayings.clear()
	var questions: Array[Question] = _questions
	_questions = []
	for question: Question in questions:
		question.answer(null)


func _order(pending: Pending) -> void:
	pending.sent = true
	send(pending.due())


func _send_cancel(name: String) -> void:
	var order: HearsayProtocol.CancelJob = HearsayProtocol.CancelJob.new()
	order.job = name
	send(order.to_dict())


func _recover(name: String) -> void:
	var pending: Pending = _jobs.get(name)
	if pending == null:
		return
	if pending.heard:
		_fail(
			pending,
			HearsayProtocol.ErrorCode.CONNECTION_LOST,
			"The sidecar does not know this job any more"
		)
	else:  # Its submit went down with the connection: nothing was done yet.
		pending.sent = false


func _fail_of_gap(pending: Pending) -> bool:
	if pending.gap == "":
		return false
	_fail(pending, HearsayProtocol.ErrorCode.BROKEN_STREAM, pending.gap)
	if live:  # Who heard of the failure may have closed everything.
		_send_cancel(pending.name)
	return true


func _answer_again(pending: Pending, message: RefCounted) -> void:
	if message is HearsayProtocol.JobToolCall:
		var called: HearsayProtocol.JobToolCall = message
		if pending.results.has(called.tool_call.id):
			send(pending.results[called.tool_call.id])


func _fail(pending: Pending, code: String, message: String) -> void:
	if not _jobs.erase(pending.name):
		return  # What another job's end brought about has ended this one too.
	var failed: HearsayProtocol.JobFailed = HearsayProtocol.JobFailed.new()
	failed.job = pending.name
	failed.code = code
	failed.message = message
	pending.job.receive(failed)


static func _is_last(message: RefCounted) -> bool:
	return not (
		message is HearsayProtocol.JobChunk
		or message is HearsayProtocol.JobStarted
		or message is HearsayProtocol.JobSentence
		or message is HearsayProtocol.JobField
		or message is HearsayProtocol.JobToolCall
	)
