@tool
class_name HearsayEngine
extends Node
## Speaks with Hearsay: asks for replies, and tells what comes.
##
## The addon adds one as autoload [code]Hearsay[/code]; a scene may have its own. It starts the
## sidecar, or connects to one that runs, and keeps the connection: a drop is mended without a word,
## and every job gets exactly the rest of its text. It works while the tree is paused
## ([member Node.process_mode] is [constant Node.PROCESS_MODE_ALWAYS]): what is said in a pause is
## heard in it; [method pace] lets the model rest.
## [br][br]
## All signals are emitted on the main thread, while this node is processed or leaves the tree.
## Every job has exactly one last signal. There are two ways to ask:
## [br][br]
## [method async_chat_completions] and [method stream_chat_completions] return a job's id, and its
## signals come from here. [method submit] returns a [HearsayJob] with signals of its own.
## [codeblock]
## func _ready() -> void:
##     Hearsay.inference_token_generated.connect(_on_token)
##     Hearsay.stream_chat_completions({
##         "model": "hearsay/tavern",
##         "messages": [{"role": "user", "content": "Any rumors lately?"}],
##     })
##
## func _on_token(_job_id: int, token: String) -> void:
##     label.text += token
## [/codeblock]

## Emitted when a job of [method async_chat_completions] is over; [param response] is JSON, in
## OpenAI's form.
signal async_request_completed(job_id: int, response: String)

## Emitted whenever a job of [method stream_chat_completions] has some more text.
signal inference_token_generated(job_id: int, token: String)

## Emitted when a job of [method stream_chat_completions] is over.
signal inference_completed(job_id: int)

## Emitted instead of the two above when the job failed; [param code] is one of
## [HearsayProtocol.ErrorCode], [param message] says what to do.
signal request_failed(job_id: int, code: String, message: String)

## Emitted instead of them when the job was taken back, by [method cancel] or by a newer one.
signal request_cancelled(job_id: int)

## Emitted while a model is being loaded; [param progress] goes from 0 to 1.
signal model_loading_progress(model: String, progress: float)

## Emitted when a model can be asked, or cannot be loaded; [method get_models] tells which and why.
signal model_loading_completed(success: bool)

## Emitted with every new connection to the sidecar.
signal connected

## Emitted when the connection is lost, or none can be made; it is tried again unless the token is
## wrong or this node leaves the tree.
signal disconnected(reason: String)

## The version of this addon; that of Hearsay as a whole.
const VERSION: String = "0.1.0"

const Codec = preload("client/codec.gd")
const Connection = preload("client/connection.gd")
const Core = preload("client/core.gd")
const Question = preload("client/question.gd")

## The address of a sidecar that runs already, such as [code]http://127.0.0.1:11434[/code]. Empty:
## the project setting [code]hearsay/connection/url[/code]; if that is empty too, one is started.
@export var url: String = ""

## The token of the sidecar at [member url], if it wants one.
@export var token: String = ""

## Whether no sidecar is ever started, as on mobile systems and the web, where none can be.
@export var connect_only: bool = false

## Whether it connects by itself when it enters the tree of a running game; else [method start].
@export var autostart: bool = true

## How often new text is taken in while it flows, per second. The look costs a frame more than the
## text, and nobody reads faster than 15 pieces a second; the first text of a reply does not wait
## for it. 0 is in every frame.
@export_range(0, 60) var reads_per_second: int = 15:
	set(value):
		reads_per_second = value
		_connection.flow_seconds = _flow_seconds()

## The sidecar that was started, or [code]null[/code].
var sidecar: HearsaySidecar

## Whether it is being stopped, by [method stop] or by leaving the tree: then open jobs fail.
var is_leaving: bool:
	get:
		return _connection.core.state == Core.State.OVER

var _connection: Connection = Connection.new()
var _timer: Timer
var _jobs: Dictionary[int, HearsayJob] = {}
var _last_id: int = 0
var _models: Dictionary[String, HearsayProtocol.ModelInfo] = {}


func _init() -> void:
	process_mode = Node.PROCESS_MODE_ALWAYS
	_timer = Timer.new()
	_timer.one_shot = true
	_timer.ignore_time_scale = true
	_timer.timeout.connect(set_process.bind(true))
	add_child(_timer, false, INTERNAL_MODE_BACK)
	_listen()


func _enter_tree() -> void:
	if autostart and not Engine.is_editor_hint():
		start()


func _exit_tree() -> void:
	stop()


func _process(_delta: float) -> void:
	if sidecar:
		sidecar.poll()
	var pause: float = _connection.poll()
	if pause > 0.0:
		# To enter a script costs a frame more than what it does there.
		set_process(false)
		_timer.start(pause)


## Connects, or starts the sidecar first; returns at once. Jobs may be submitted before it is there.
func start() -> void:
	if _connection.core.state != Core.State.IDLE:
		return
	set_process(true)
	var address: String = url if url != "" else HearsaySettings.text(HearsaySettings.URL)
	if address != "":
		_open(address, token if token != "" else HearsaySettings.text(HearsaySettings.TOKEN))
	elif connect_only:
		_connection.core.despair("Set the url of a sidecar: connect_only is on")
	elif sidecar == null:
		_start_sidecar()
	elif sidecar.state == HearsaySidecar.State.FAILED and HearsaySidecar.is_possible():
		_connection.core.lost = null  # What is asked from now on waits for it.
		sidecar.start()


## Disconnects and lets go of the sidecar; every open job fails. [method start] begins anew.
func stop() -> void:
	_connection.close()
	if sidecar:
		sidecar.stop()
		sidecar = null
	var refusals: Array[Array] = _connection.core.take_refusals()
	_connection = Connection.new()
	_connection.core.take_over(refusals)
	_listen()
	if refusals:
		set_process(true)


## Whether there is a connection to a sidecar.
func is_live() -> bool:
	return _connection.core.state == Core.State.LIVE


## Asks for a reply; returns the job's id. [signal async_request_completed] brings it, whole.
##
## [param request] is JSON, a dictionary or a [HearsayRequest].
func async_chat_completions(request: Variant) -> int:
	var asked: HearsayJob = _submit(request, false)
	_jobs[asked.id] = asked
	asked.finished.connect(_on_asked_finished)
	return asked.id


## Asks for a reply as it is written; returns the job's id. [signal inference_token_generated]
## brings its text, [signal inference_completed] its end.
##
## [param request] is JSON, a dictionary or a [HearsayRequest].
func stream_chat_completions(request: Variant) -> int:
	var streamed: HearsayJob = _submit(request, true)
	_jobs[streamed.id] = streamed
	streamed.chunk_received.connect(_on_streamed_text.bind(streamed.id))
	streamed.finished.connect(_on_streamed_finished)
	return streamed.id


## Asks for a reply and returns the job, which has signals of its own.
##
## If [param for_node] leaves the tree, the job is cancelled. [param stream] is whether its text
## comes as it is written.
func submit(request: Variant, for_node: Node = null, stream: bool = true) -> HearsayJob:
	var submitted: HearsayJob = _submit(request, stream)
	if for_node:
		for_node.tree_exiting.connect(submitted.cancel, CONNECT_ONE_SHOT)
	return submitted


## Has the beginning of conversations read ahead, so that the first reply comes sooner.
##
## [param messages] are in OpenAI's form, and so are the [param tools] that the conversations will
## have: most models read them first.
func prepare(
	model: String, messages: Array[Dictionary], tools: Array[Dictionary] = []
) -> HearsayJob:
	var preparing: HearsayJob = _new_job()
	var order: Dictionary = {
		"type": HearsayProtocol.Prepare.TAG,
		"job": str(preparing.id),
		"model": model,
		"messages": messages.duplicate(true),
	}
	if tools:
		order["tools"] = tools.duplicate(true)
	_connection.core.submit(order, preparing)
	_flush()
	return preparing


## Takes a job back; it ends with [signal request_cancelled]. One that is over stays as it is.
func cancel(job_id: int) -> void:
	_connection.core.book.cancel(str(job_id))
	_flush()


## Returns an open job of [method async_chat_completions] or [method stream_chat_completions], also
## while its last signal is emitted; else [code]null[/code].
func job(job_id: int) -> HearsayJob:
	return _jobs.get(job_id)


## Tells how many characters of a reply the player has heard before it was interrupted.
func heard(job_id: int, characters: int) -> void:
	var message: HearsayProtocol.Heard = HearsayProtocol.Heard.new()
	message.job = str(job_id)
	message.characters = characters
	_say(message.to_dict())


## Tells what a tool has answered; [param call_id] is that of [signal HearsayJob.tool_called].
func tool_result(job_id: int, call_id: String, content: String) -> void:
	var message: HearsayProtocol.ToolResult = HearsayProtocol.ToolResult.new()
	message.job = str(job_id)
	message.tool_call = call_id
	message.content = content
	var size: int = Codec.encode(message.to_dict()).size()
	if size > _connection.core.limits.max_frame_bytes:
		push_error("Hearsay: a tool's answer has %d bytes, too many for one message" % size)
		message.content = "error: the answer is too long"
	_say(message.to_dict())


## Tells how much of the machine the game can spare from now on.
##
## [param mode] is one of [HearsayProtocol.PaceMode], [param share] the part of the time that may be
## used, [param frame_ms] how long a frame takes now; 0 leaves a number to the sidecar.
func pace(
	mode: String, share: float = 0.0, tokens_per_second: float = 0.0, frame_ms: float = 0.0
) -> void:
	var message: HearsayProtocol.Pace = HearsayProtocol.Pace.new()
	message.mode = mode
	message.share = share if share > 0.0 else null
	message.tokens_per_second = tokens_per_second if tokens_per_second > 0.0 else null
	message.frame_ms = frame_ms if frame_ms > 0.0 else null
	_say(message.to_dict())


## Returns what the sidecar serves, as far as it is known.
func get_models() -> Array[HearsayProtocol.ModelInfo]:
	return _models.values()


## Whether the sidecar can do something, in the words of [HearsayProtocol.Feature].
func has_feature(feature: String) -> bool:
	return feature in _connection.core.features


## Asks how busy the sidecar is; to be awaited. Returns [code]null[/code] if it is gone.
func get_status() -> HearsayProtocol.Status:
	var question: Question = Question.new(
		HearsayProtocol.GetStatus.new().to_dict(), HearsayProtocol.Status
	)
	_connection.core.ask(question)
	_flush()
	return await question.answered


## Loads a model that is known but not loaded; [signal model_loading_completed] tells how it went.
func load_model(model: String) -> void:
	var message: HearsayProtocol.LoadModel = HearsayProtocol.LoadModel.new()
	message.model = model
	_say(message.to_dict())


## Gives a model's memory back; its jobs fail.
func unload_model(model: String) -> void:
	var message: HearsayProtocol.UnloadModel = HearsayProtocol.UnloadModel.new()
	message.model = model
	_say(message.to_dict())


## Asks for a character's state, for a save-game: [member HearsayJob.character_state] of the job.
func save_character(character: String) -> HearsayJob:
	var saving: HearsayJob = _new_job()
	var message: HearsayProtocol.SaveCharacter = HearsayProtocol.SaveCharacter.new()
	message.job = str(saving.id)
	message.character = character
	_connection.core.submit(message.to_dict(), saving)
	_flush()
	return saving


## Gives a character the state back that [method save_character] told.
func load_character(character: String, state: String) -> HearsayJob:
	var loading: HearsayJob = _new_job()
	var message: HearsayProtocol.LoadCharacter = HearsayProtocol.LoadCharacter.new()
	message.job = str(loading.id)
	message.character = character
	message.state = state
	_connection.core.submit(message.to_dict(), loading)
	_flush()
	return loading


## Cuts the connection as a broken network does, to see what a game makes of it.
func drop_connection() -> void:
	_connection.drop()
	set_process(true)


func _flush() -> void:
	_connection.flush()
	set_process(true)


# The timer ends with one frame, and the next one reads.
func _flow_seconds() -> float:
	return 0.6 / reads_per_second if reads_per_second > 0 else 0.0


func _listen() -> void:
	_connection.flow_seconds = _flow_seconds()
	_connection.core.welcomed.connect(_on_welcomed)
	_connection.core.model_changed.connect(_on_model_changed)
	_connection.core.faulted.connect(_on_faulted)
	_connection.core.dropped.connect(_on_dropped)
	_connection.core.gave_up.connect(_on_gave_up)


func _open(address: String, its_token: String) -> void:
	var websocket: String = Connection.address(address)
	if websocket == "":
		_connection.core.despair("%s is no address; write http://HOST:PORT" % address)
		return
	var client: HearsayProtocol.ClientInfo = HearsayProtocol.ClientInfo.new()
	client.name = str(ProjectSettings.get_setting("application/config/name", "")).left(128)
	client.version = VERSION
	client.engine = "Godot " + str(Engine.get_version_info()["string"]).left(58)
	_connection.open(websocket, its_token, client)


func _start_sidecar() -> void:
	sidecar = HearsaySidecar.new()
	sidecar.ready.connect(_open)
	sidecar.failed.connect(_on_sidecar_failed)
	sidecar.exited.connect(_on_sidecar_exited)
	sidecar.start()


func _new_job() -> HearsayJob:
	_last_id += 1
	return HearsayJob.new(_last_id, cancel.bind(_last_id))


func _submit(source: Variant, stream: bool) -> HearsayJob:
	var new: HearsayJob = _new_job()
	var request: HearsayRequest = HearsayRequest.from(source)
	if request == null:
		_connection.core.refuse(
			str(new.id),
			new,
			HearsayProtocol.ErrorCode.INVALID_REQUEST,
			HearsayRequest.fault_of(source)
		)
		return new
	var order: Dictionary = request.to_order(str(new.id), stream)
	var body: Dictionary = order["request"]
	if not body.has("model"):
		body["model"] = HearsaySettings.default_model(url)
	_connection.core.submit(order, new)
	_flush()
	return new


func _say(message: Dictionary) -> void:
	_connection.core.book.say(message)
	_flush()


func _end(ended: HearsayJob, complete: Callable) -> void:
	if ended.error:
		if not request_failed.has_connections() and not is_leaving:
			push_warning("Hearsay: %s (%s)" % [ended.error.message, ended.error.code])
		request_failed.emit(ended.id, ended.error.code, ended.error.message)
	elif ended.was_cancelled():
		request_cancelled.emit(ended.id)
	else:
		complete.call()
	_jobs.erase(ended.id)


func _on_asked_finished(ended: HearsayJob) -> void:
	_end(
		ended,
		func() -> void:
			var response: String = JSON.stringify(ended.response.to_dict(), "", false)
			async_request_completed.emit(ended.id, response)
	)


func _on_streamed_text(text: String, job_id: int) -> void:
	inference_token_generated.emit(job_id, text)


func _on_streamed_finished(ended: HearsayJob) -> void:
	_end(ended, func() -> void: inference_completed.emit(ended.id))


func _on_welcomed(welcome: HearsayProtocol.Welcome) -> void:
	connected.emit()
	for model: HearsayProtocol.ModelInfo in welcome.models:
		_on_model_changed(model)


func _on_model_changed(model: HearsayProtocol.ModelInfo) -> void:
	var before: HearsayProtocol.ModelInfo = _models.get(model.id)
	_models[model.id] = model
	if model.state == HearsayProtocol.ModelState.LOADING:
		model_loading_progress.emit(model.id, model.progress)
	elif before == null or before.state != model.state:
		if model.state == HearsayProtocol.ModelState.READY:
			model_loading_completed.emit(true)
		elif model.state == HearsayProtocol.ModelState.FAILED:
			model_loading_completed.emit(false)


func _on_faulted(fault: HearsayProtocol.Fault) -> void:
	if fault.code != HearsayProtocol.ErrorCode.UNKNOWN_JOB:  # A cancel has met the job's end.
		push_warning("Hearsay: %s (%s)" % [fault.message, fault.code])


func _on_dropped(reason: String) -> void:
	disconnected.emit(reason)


func _on_gave_up(_code: String, message: String) -> void:
	disconnected.emit(message)


func _on_sidecar_failed(message: String) -> void:
	push_error("Hearsay: " + message)
	_connection.core.despair(message)
	_flush()


func _on_sidecar_exited() -> void:
	_models.clear()
	_connection.core.wait("The sidecar has ended; its log says why: " + sidecar.log_file)
	_flush()
