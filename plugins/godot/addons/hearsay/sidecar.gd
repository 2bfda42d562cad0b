@tool
class_name HearsaySidecar
extends RefCounted
## Starts Hearsay's sidecar beside the game, and sees to it that it ends with it.
##
## The sidecar ends when its standard input does, and this object holds the other end: a game that
## crashes or is killed lets go of it like one that is left. If project setting
## [code]hearsay/sidecar/shared[/code] is on, the editor and every running copy of the game use one
## sidecar: whoever is first starts it, the others find it by a file that only this user can read,
## and it ends when all of them are gone. One that crashes is started again after a moment.
## [br][br]
## The program is looked for in this order: the folder [code]hearsay[/code] beside an exported game,
## the project setting [code]hearsay/sidecar/command[/code], a
## virtual environment [code].venv[/code] of the project, the PATH, a Python on the PATH.
## [br][br]
## Mobile systems and the web cannot start programs: there, only [HearsayEngine] with an address
## works.
## [codeblock]
## var sidecar: HearsaySidecar = HearsaySidecar.new()
## sidecar.ready.connect(func(url: String, token: String) -> void: print(url))
## sidecar.failed.connect(func(message: String) -> void: push_error(message))
## sidecar.start()
## # and in _process: sidecar.poll()
## [/codeblock]

## Emitted when it listens, each time anew; models may still be loading.
signal ready(url: String, token: String)

## Emitted when it cannot be had; [param message] says what to do. [method start] tries again.
signal failed(message: String)

## Emitted when one that was ready has ended unasked; it is started again by itself.
signal exited

## Emitted with what is happening, in a few words for a person.
signal progress(text: String)

## What it is doing.
enum State {
	STOPPED,  ## Nothing is wanted of it.
	SEARCHING,  ## One that is shared is looked for.
	STARTING,  ## Its process runs, and does not listen yet.
	READY,  ## It listens.
	WAITING,  ## It has ended unasked, and is started again in a moment.
	FAILED,  ## It cannot be had; [method start] tries again.
}

const Program = preload("sidecar_program.gd")
const Search = preload("sidecar_search.gd")

const _CONNECT_ONLY: String = (
	"This system cannot start programs. Set %s in the project settings to the address of a "
	+ "sidecar on another machine."
)
const _LOOK_MSEC: int = 100
const _START_MSEC: int = 60_000
const _STEADY_MSEC: int = 30_000
const _PAUSES_MSEC: PackedInt32Array = [250, 1000, 4000, 15_000]
const _CHUNK: int = 4096
const _THERE: Array[StreamPeerTCP.Status] = [
	StreamPeerTCP.STATUS_CONNECTING, StreamPeerTCP.STATUS_CONNECTED
]

static var _leaving: PackedInt32Array = []

## The program and its first words. Empty: it is looked for.
var command: PackedStringArray = []

## The words after [code]serve --sidecar[/code]; from the project settings, unless changed.
var arguments: PackedStringArray = []

## The file by which it is shared; empty: it is not.
var share_file: String = ""

## What it is doing.
var state: State = State.STOPPED

## Where it listens, as [code]http://127.0.0.1:PORT[/code], once it is ready.
var url: String = ""

## What clients must know, once it is ready.
var token: String = ""

## Its process, once it is ready.
var pid: int = 0

## The file it logs to, once it is ready.
var log_file: String = ""

## Whether somebody else has started it.
var is_shared: bool = false

var _stdio: FileAccess
var _stderr: FileAccess
var _child: int = 0
var _output: PackedByteArray = []
var _errors: PackedByteArray = []
var _watch: StreamPeerTCP
var _search: Search
var _next_look: int = 0
var _since: int = 0
var _crashes: int = 0


func _init() -> void:
	var models: PackedStringArray = HearsaySettings.texts(HearsaySettings.MODELS)
	for model: String in models:
		arguments.append_array(["--model", Program.model(model)])
	if models:
		var first: String = HearsaySettings.FIRST_MODEL + "=" + Program.model(models[0])
		arguments.append_array(["--alias", first])
	arguments.append_array(HearsaySettings.texts(HearsaySettings.ARGUMENTS))
	if HearsaySettings.flag(HearsaySettings.SHARED):
		share_file = share_file_for(arguments)


## Returns the file by which those with the same project and the same [param words] share one.
static func share_file_for(words: PackedStringArray) -> String:
	var folder: String = ProjectSettings.globalize_path("user://").path_join("hearsay")
	var key: String = "\n".join(words).md5_text().left(8)
	return folder.path_join("sidecar-%s.json" % key)


## Whether this system lets a game start a sidecar at all.
static func is_possible() -> bool:
	return not (OS.has_feature("web") or OS.has_feature("mobile"))


## Starts it, or finds one that is shared; returns at once. Nothing happens if it is under way.
func start() -> void:
	if state != State.STOPPED and state != State.FAILED:
		return
	_crashes = 0
	if is_possible():
		_begin()
	else:
		_fail(_CONNECT_ONLY % HearsaySettings.URL)


## Lets go of it; returns at once. It ends by itself, unless others still use it.
func stop() -> void:
	_let_go()
	state = State.STOPPED


## To be called once a frame.
func poll() -> void:
	var now: int = Time.get_ticks_msec()
	if now < _next_look or state == State.STOPPED or state == State.FAILED:
		return
	_next_look = now + _LOOK_MSEC if state == State.READY else now
	_reap()
	match state:
		State.SEARCHING:
			_look_for_shared()
		State.STARTING:
			_look_for_line()
		State.READY:
			_look_after()
		State.WAITING:
			_begin()


func _begin() -> void:
	_let_go()
	_enter(State.SEARCHING)
	_search = Search.new(share_file)


func _look_for_shared() -> void:
	match _search.poll():
		Search.Result.FOUND:
			_be_ready(_search.line, true)
		Search.Result.NOT_FOUND:
			_launch()


func _launch() -> void:
	_search = null
	var words: PackedStringArray = command if command else Program.find()
	if words.is_empty():
		_fail("Hearsay's sidecar was not found. " + Program.ADVICE)
		return
	if not FileAccess.file_exists(words[0]):
		_fail("There is no program %s. %s" % [words[0], Program.ADVICE])
		return
	var given: PackedStringArray = words.slice(1) + PackedStringArray(["serve", "--sidecar"])
	if share_file:
		given.append_array(["--share", share_file])
	var process: Dictionary = OS.execute_with_pipe(words[0], given + arguments, false)
	if process.is_empty():
		_fail("%s cannot be started. %s" % [words[0], Program.ADVICE])
		return
	_stdio = process["stdio"]
	_stderr = process["stderr"]
	_child = process["pid"]
	_enter(State.STARTING)
	progress.emit("Starting the sidecar")


func _look_for_line() -> void:
	# Asked before it is read: what a process said before its end is there then.
	var is_running: bool = OS.is_process_running(_child)
	_read()
	var end: int = _output.find(0x0A)
	if end >= 0:
		_take_line(_output.slice(0, end).get_string_from_utf8())
	elif not is_running:
		_child = 0
		_fail("The sidecar did not start: " + _reason())
	elif _elapsed() > _START_MSEC:
		_fail("The sidecar did not start within %d s." % (_START_MSEC / 1000.0))


func _read() -> void:
	for pipe: FileAccess in [_stdio, _stderr]:
		var into: PackedByteArray = _output if pipe == _stdio else _errors
		var bytes: PackedByteArray = pipe.get_buffer(_CHUNK)
		while bytes:
			into.append_array(bytes)
			bytes = pipe.get_buffer(_CHUNK)


func _take_line(text: String) -> void:
	var json: JSON = JSON.new()
	if json.parse(text) != OK or not json.data is Dictionary:
		_fail("The sidecar did not start; it said: " + text)
		return
	var line: Dictionary = json.data
	if not line.has("url") or not line.has("token"):
		_fail("The sidecar did not start; it said: " + text)
		return
	var shared: bool = line.get("shared", false)
	if shared:
		_release_child()
	_be_ready(line, shared)


func _be_ready(line: Dictionary, shared: bool) -> void:
	_enter(State.READY)
	url = str(line["url"])
	token = str(line["token"])
	pid = int(str(line.get("pid", 0)))
	log_file = str(line.get("log", ""))
	is_shared = shared
	if is_shared:
		_watch = StreamPeerTCP.new()
		_watch.connect_to_host("127.0.0.1", int(str(line["port"])))
	progress.emit("The sidecar listens on " + url)
	ready.emit(url, token)


# Its end is seen by the process if it is ours, else by a connection that is held for this.
func _look_after() -> void:
	var is_there: bool = _child != 0 and OS.is_process_running(_child)
	if is_shared:
		_watch.poll()
		is_there = _watch.get_status() in _THERE
	if is_there:
		return
	if _elapsed() > _STEADY_MSEC:
		_crashes = 0
	_child = 0
	_let_go()
	_crashes += 1
	_enter(State.WAITING)
	# Who shares one lets its owner be the first to start the next.
	var pause: int = _PAUSES_MSEC[mini(_crashes, _PAUSES_MSEC.size()) - 1]
	_next_look = Time.get_ticks_msec() + pause * (2 if is_shared else 1)
	exited.emit()
	if _crashes > _PAUSES_MSEC.size() and state == State.WAITING:
		_fail("The sidecar has ended again and again; its log says why: " + log_file)


func _enter(new: State) -> void:
	state = new
	_since = Time.get_ticks_msec()
	_next_look = 0


func _elapsed() -> int:
	return Time.get_ticks_msec() - _since


func _let_go() -> void:
	_search = null
	_watch = null
	_release_child()


func _release_child() -> void:
	# Its standard input ends here.
	_stdio = null
	_stderr = null
	_output.clear()
	_errors.clear()
	if _child:
		_leaving.append(_child)
	_child = 0


# The system keeps a child that has ended until it is asked about.
static func _reap() -> void:
	for index: int in range(_leaving.size() - 1, -1, -1):
		if not OS.is_process_running(_leaving[index]):
			_leaving.remove_at(index)


func _reason() -> String:
	var said: String = _errors.get_string_from_utf8().strip_edges()
	if "No module named" in said:
		return "this Python has no Hearsay. " + Program.ADVICE
	var sentence: String = said.get_slice("hearsay: ", said.get_slice_count("hearsay: ") - 1)
	return sentence if sentence else "it said nothing."


func _fail(message: String) -> void:
	_let_go()
	state = State.FAILED
	failed.emit(message)
