@tool
extends RefCounted
## The client's state machine: frames in, frames out; it touches no sockets.
##
## [code]connection.gd[/code] carries the frames. What leads from which state to which is the table
## in the README of Hearsay's Python client; this one has a state more, [constant State.IDLE], in
## which jobs wait until it is known where the sidecar is.

## Emitted with each welcome: there is a new connection.
signal welcomed(welcome: HearsayProtocol.Welcome)

## Emitted when a model is being loaded, is ready, has failed or was unloaded.
signal model_changed(model: HearsayProtocol.ModelInfo)

## Emitted when the sidecar complains of a message that belonged to no job.
signal faulted(fault: HearsayProtocol.Fault)

## Emitted when the connection is lost; it is tried again.
signal dropped(reason: String)

## Emitted when the sidecar is taken for gone, and everything that was asked has failed.
signal gave_up(code: String, message: String)

## Where a client stands.
enum State {
	IDLE,  ## Nobody to connect to is known yet.
	DOWN,  ## There is no connection; the next attempt comes when it is due.
	GREETING,  ## There is a connection, hello was said, welcome has not come.
	LIVE,  ## Messages flow.
	OVER,  ## The end: nothing is tried any more.
}

const Book = preload("book.gd")
const Codec = preload("codec.gd")
const Outage = preload("outage.gd")
const Pending = preload("pending.gd")
const Question = preload("question.gd")

const _CHUNK: String = HearsayProtocol.JobChunk.TAG
const _MISSES: int = 3
const _STRIKES: int = 3
const _FINAL: Array[String] = [
	HearsayProtocol.ErrorCode.UNAUTHORIZED,
	HearsayProtocol.ErrorCode.FORBIDDEN,
	HearsayProtocol.ErrorCode.PROTOCOL_MISMATCH,
]

## Where it stands.
var state: State = State.IDLE

## Why the connection is to be closed; empty while it is not.
var hanging_up: String = ""

## Why everything fails that is asked; [code]null[/code] while the sidecar is not taken for gone.
var lost: HearsayProtocol.Fault

## Whether what came last was text of a reply.
var is_flowing: bool = false

## What the sidecar allows.
var limits: HearsayProtocol.Limits = HearsayProtocol.Limits.new()

## What the sidecar can do, in the words of [HearsayProtocol.Feature].
var features: Array[String] = []

## Where the sidecar is looked for, for people to read.
var address: String = ""

## What was asked and not answered.
var book: Book = Book.new()

## How long to wait for what.
var outage: Outage = Outage.new()

var _codec: Codec = Codec.new()
var _json: JSON = JSON.new()
var _hello: HearsayProtocol.Hello = HearsayProtocol.Hello.new()
var _session: String = ""
var _reason: String = "it does not answer"
var _due: float = INF
var _is_proven: bool = false
var _was_there: bool = false
var _missed: int = 0
var _strikes: int = 0
var _pings: int = 0
var _refusals: Array[Array] = []


func _init() -> void:
	limits.max_frame_bytes = HearsayProtocol.MAX_FRAME_BYTES
	limits.max_jobs = HearsayProtocol.MAX_JOBS
	limits.resume_seconds = HearsayProtocol.RESUME_SECONDS
	limits.idle_seconds = HearsayProtocol.IDLE_SECONDS


## The time by which everything here happens, in seconds.
static func now() -> float:
	return Time.get_ticks_usec() / 1_000_000.0


## Begins to look for a sidecar; [param client] is who is speaking.
func begin(token: String, client: HearsayProtocol.ClientInfo) -> void:
	_hello.protocol = HearsayProtocol.VERSION
	_hello.token = token if token != "" else null
	_hello.client = client
	_session = ""
	lost = null
	hanging_up = ""  # It was for a connection that is not there any more.
	state = State.DOWN
	outage.end()
	_due = outage.begin(now(), false)


## Opens a job. Its end, a refusal included, comes with a later [method deliver] or message.
func submit(order: Dictionary, job: HearsayJob) -> void:
	var name: String = order["job"]
	var size: int = Codec.encode(order).size()
	if lost:
		refuse(name, job, lost.code, lost.message)
	elif book.has(name):
		refuse(name, job, HearsayProtocol.ErrorCode.DUPLICATE_JOB, "This job is open already")
	elif book.size() >= limits.max_jobs:
		refuse(
			name,
			job,
			HearsayProtocol.ErrorCode.BUSY,
			"%d jobs are open already; wait for one of them" % limits.max_jobs
		)
	elif size > limits.max_frame_bytes:
		refuse(
			name,
			job,
			HearsayProtocol.ErrorCode.TOO_LARGE,
			"The request has %d bytes; %d are allowed" % [size, limits.max_frame_bytes]
		)
	else:
		book.open(Pending.new(order, job))


## Ends a job that cannot even be sent, at the next [method deliver].
func refuse(name: String, job: HearsayJob, code: String, message: String) -> void:
	var failed: HearsayProtocol.JobFailed = HearsayProtocol.JobFailed.new()
	failed.job = name
	failed.code = code
	failed.message = message
	_refusals.append([job, failed])


## Tells the jobs that were refused. One that is asked for meanwhile, by a game that tries again,
## waits for the next call.
func deliver() -> void:
	var due: Array[Array] = take_refusals()
	for refusal: Array in due:
		var job: HearsayJob = refusal[0]
		var failed: HearsayProtocol.JobFailed = refusal[1]
		job.receive(failed)


## Returns what the next [method deliver] would tell, and forgets it.
func take_refusals() -> Array[Array]:
	var due: Array[Array] = _refusals
	_refusals = []
	return due


## Takes over what another core was about to tell.
func take_over(refusals: Array[Array]) -> void:
	_refusals.append_array(refusals)


## Asks what belongs to no job.
func ask(question: Question) -> void:
	if lost or state == State.OVER:
		question.answer.call_deferred(null)
	else:
		book.ask(question)


## Leaves: the sidecar forgets the session, and every open job fails.
func close() -> void:
	if state == State.LIVE:
		book.send(HearsayProtocol.Goodbye.new().to_dict())
	end(HearsayProtocol.ErrorCode.CONNECTION_LOST, "This client was closed")


## Stops for good; every open job fails.
func end(code: String, message: String) -> void:
	if state != State.OVER:
		state = State.OVER
		hanging_up = message
		_give_up(code, message)


## Waits for a new address: the process of the sidecar has ended. What it had fails; jobs that were
## not sent wait on.
func wait(message: String) -> void:
	if state == State.OVER:
		return
	var was_live: bool = state == State.LIVE
	state = State.IDLE
	hanging_up = message
	book.live = false
	book.outbox.clear()
	outage.end()
	_forget_session(HearsayProtocol.ErrorCode.CONNECTION_LOST, message)
	if was_live:
		dropped.emit(message)


## Lets everything fail until [method begin] is called: there is no sidecar and none will come.
func despair(message: String) -> void:
	wait(message)
	_give_up(HearsayProtocol.ErrorCode.CONNECTION_LOST, message)


## Begins to speak over a new connection.
func connected() -> void:
	state = State.GREETING
	_is_proven = false
	_due = now() + outage.greeting_seconds
	_hello.resume = null
	if _session != "":
		_hello.resume = HearsayProtocol.Resume.new()
		_hello.resume.session = _session
		_hello.resume.seen = book.seen()
	book.send(_hello.to_dict())


## Takes in one frame of the connection.
func receive(frame: PackedByteArray) -> void:
	if hanging_up != "":
		return
	if frame.size() > HearsayProtocol.MAX_FRAME_BYTES:
		strike("a message has %d bytes" % frame.size())
		return
	if _json.parse(frame.get_string_from_utf8()) != OK or not _json.data is Dictionary:
		strike("a message is no JSON object")
		return
	var document: Dictionary = _json.data
	is_flowing = document.get("type") == _CHUNK
	if is_flowing and _is_proven and state == State.LIVE and book.hear_text(document):
		_missed = 0
		_strikes = 0
	else:
		_receive(document)


## Takes in the sidecar's goodbye; [param code] is why.
func leave(code: String, message: String) -> void:
	hanging_up = message if message != "" else code
	if code in _FINAL:
		end(code, message)
	elif code == HearsayProtocol.ErrorCode.UNKNOWN_SESSION or code == "bye":
		_forget_session(HearsayProtocol.ErrorCode.CONNECTION_LOST, message)


## Hangs up on garbage: the next connection brings again whatever it stood for.
func strike(reason: String) -> void:
	hanging_up = reason
	_strikes += 1
	if _strikes == _STRIKES:
		_strikes = 0
		book.send(HearsayProtocol.Goodbye.new().to_dict())
		_forget_session(HearsayProtocol.ErrorCode.BROKEN_STREAM, reason)


## Notes that a connection is closed or could not be opened; [param refused]: nobody listens.
func disconnected(reason: String, refused: bool) -> void:
	var was_live: bool = state == State.LIVE
	_reason = hanging_up if hanging_up != "" else reason
	hanging_up = ""
	book.live = false
	book.outbox.clear()
	if state == State.DOWN or state == State.GREETING or state == State.LIVE:
		state = State.DOWN
		_due = outage.begin(now(), refused)
		tick()
	if was_live:
		dropped.emit(_reason)


## Whether the next attempt at a connection is due.
func wants_connection() -> bool:
	return state == State.DOWN and now() >= _due


## Does what is due: gives up, hangs up, or pings.
func tick() -> void:
	var time: float = now()
	if state == State.LIVE:
		if time >= _due:
			_beat()
	elif state == State.DOWN or state == State.GREETING:
		if not lost and time >= outage.hopeless_at(limits.resume_seconds if _session else 0.0):
			_give_up(HearsayProtocol.ErrorCode.CONNECTION_LOST, _why_gone())
		if state == State.GREETING and time >= _due:
			hanging_up = "no welcome came in time"


## Until when, in microseconds, nothing is to be done unless something comes; 0 is not at all.
func quiet_until() -> int:
	if state != State.LIVE or hanging_up != "" or _refusals or book.outbox:
		return 0
	return int(_due * 1_000_000.0)


func _receive(document: Dictionary) -> void:
	var message: RefCounted = _codec.read(document)
	if _codec.fault != "":
		strike(_codec.fault)
		return
	_missed = 0
	if message is HearsayProtocol.ServerGoodbye:
		var goodbye: HearsayProtocol.ServerGoodbye = message
		leave(goodbye.code, goodbye.message)
	elif message is HearsayProtocol.Welcome:
		var welcome: HearsayProtocol.Welcome = message
		_welcome(welcome)
	elif state == State.GREETING:
		strike("a message came before welcome")
	else:
		_prove()
		if message:  # Else it is from a newer sidecar, about what we cannot have asked.
			_hear(message)


# More than a welcome came: the connection works.
func _prove() -> void:
	_is_proven = true
	outage.end()


func _beat() -> void:
	if _missed >= _MISSES:
		hanging_up = "it is silent"
	else:
		_ping()


func _hear(message: RefCounted) -> void:
	var name: Variant = message.get("job")
	if name is String:
		var job: String = name
		if book.hear(job, message):
			_strikes = 0
	elif message is HearsayProtocol.ModelChanged:
		var change: HearsayProtocol.ModelChanged = message
		model_changed.emit(change.model)
	elif message is HearsayProtocol.Fault:
		var fault: HearsayProtocol.Fault = message
		faulted.emit(fault)
	else:
		book.answer(message)


func _welcome(welcome: HearsayProtocol.Welcome) -> void:
	if state != State.GREETING:
		strike("it said welcome twice")
		return
	if not welcome.resumed:
		_forget_session(
			HearsayProtocol.ErrorCode.CONNECTION_LOST,
			"The sidecar does not know this session any more"
		)
		if state != State.GREETING:
			return  # Who heard of that has left.
	state = State.LIVE
	lost = null
	_was_there = true
	_session = welcome.session
	limits = welcome.limits
	features = welcome.features
	book.go_on(welcome.lost)
	_ping()  # Its answer is the proof that the connection works.
	welcomed.emit(welcome)


func _forget_session(code: String, message: String) -> void:
	_session = ""
	book.live = false  # What is asked by who hears of it goes with the next connection.
	book.fail_sent(code, message)


func _give_up(code: String, message: String) -> void:
	lost = HearsayProtocol.Fault.new()
	lost.code = code
	lost.message = message
	_session = ""  # What it still has for us would only be about jobs that failed.
	book.live = false
	book.fail_all(code, message)
	gave_up.emit(code, message)


func _why_gone() -> String:
	if _was_there:
		return "The sidecar is gone: " + _reason
	return (
		"Nobody answers at %s (%s); start one with `hearsay serve`, or leave the project setting %s empty"
		% [address, _reason, "hearsay/connection/url"]
	)


func _ping() -> void:
	var wait_seconds: float = outage.ping_seconds
	if wait_seconds <= 0.0:
		wait_seconds = limits.idle_seconds / 3.0
	_due = now() + wait_seconds
	_missed += 1
	_pings += 1
	var ping: HearsayProtocol.Ping = HearsayProtocol.Ping.new()
	ping.nonce = str(_pings)
	book.send(ping.to_dict())
