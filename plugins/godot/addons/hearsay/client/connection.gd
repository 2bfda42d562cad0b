@tool
extends RefCounted
## Carries a core's frames over one WebSocket after another; polled once a frame or more seldom.
##
## What a look at the socket costs is mostly that it is the first in its frame, hence [method poll]
## tells when the next one is due: while nothing is awaited, or text flows, not in every frame.

const Core = preload("core.gd")

const _PATH: String = "/v1/bridge"

# What the socket itself finds to be no message ends the connection with one of these.
const _GARBAGE_CODES: Array[int] = [1002, 1003, 1007, 1009]

# A message that comes with the end of the connection is lost in the socket, so what counts is told
# as the reason of its end too.
const _GOODBYES: Array[String] = [
	HearsayProtocol.ErrorCode.UNAUTHORIZED,
	HearsayProtocol.ErrorCode.FORBIDDEN,
	HearsayProtocol.ErrorCode.PROTOCOL_MISMATCH,
	HearsayProtocol.ErrorCode.UNKNOWN_SESSION,
	HearsayProtocol.ErrorCode.SHUTTING_DOWN,
	"bye",
]

# The socket's buffers hold the largest message; one that is a little larger is seen and named.
const _BUFFER_BYTES: int = HearsayProtocol.MAX_FRAME_BYTES + 65_536

# What a frame of the game may spend on reading; the rest stays for the next frames.
const _READ_USEC: int = 2000

# How long the socket is left alone while nothing is awaited.
const _IDLE_SECONDS: float = 0.2

# So long the game's end may wait until the sidecar has heard the goodbye.
const _CLOSE_USEC: int = 100_000

## How long the socket is left alone after text, of which there may be more, in seconds.
var flow_seconds: float = 0.0

## What is said and heard.
var core: Core = Core.new()

var _url: String = ""
var _socket: WebSocketPeer
var _open_by: float = 0.0
var _quiet_until: int = 0
var _probe: StreamPeerTCP
var _is_closing: bool = false


## Returns the WebSocket address for what a user writes, [code]http://HOST:PORT[/code] for one;
## empty if that is no address.
static func address(url: String) -> String:
	var parts: PackedStringArray = url.strip_edges().split("://")
	var schemes: Dictionary[String, String] = {
		"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"
	}
	if parts.size() != 2 or not schemes.has(parts[0]) or parts[1].trim_prefix("/") == "":
		return ""
	var slash: int = parts[1].find("/")
	var host: String = parts[1] if slash < 0 else parts[1].substr(0, slash)
	var path: String = "" if slash < 0 else parts[1].substr(slash)
	if path.trim_prefix("/").trim_suffix("/") in ["", "v1"]:  # /v1 is OpenAI's clients' habit.
		path = _PATH
	return "%s://%s%s" % [schemes[parts[0]], host, path]


## Begins to look for a sidecar at an address as [method address] returns it.
func open(url: String, token: String, client: HearsayProtocol.ClientInfo) -> void:
	_quiet_until = 0
	_socket = null
	_probe = null
	_url = url
	core.address = url
	core.begin(token, client)


## Does what is to be done: connect, read, write. Returns in how many seconds it should be called
## again, unless [method flush] is called before; 0 is in the next frame.
func poll() -> float:
	if _socket:
		_socket.poll()
		var now: int = Time.get_ticks_usec()
		# Most looks find nothing, or text, and are over here.
		if now < _quiet_until and _socket.get_ready_state() == WebSocketPeer.STATE_OPEN:
			var is_all: bool = _socket.get_available_packet_count() == 0 or _read(now + _READ_USEC)
			if _quiet_until > 0 and core.hanging_up == "" and core.book.outbox.is_empty():
				if is_all and core.is_flowing:
					return flow_seconds
				return _IDLE_SECONDS if is_all and core.book.is_idle() else 0.0
	_work()
	return 0.0


## Sends what is to be sent at once instead of with the next [method poll].
func flush() -> void:
	_quiet_until = 0
	if _socket == null or _is_closing:  # Who hears of the end may ask for more.
		return
	if _socket.get_ready_state() == WebSocketPeer.STATE_OPEN:
		_write()
	if core.hanging_up != "":
		drop("hung up")


## Says goodbye; what is open fails.
func close() -> void:
	_is_closing = true
	core.close()
	var until: int = Time.get_ticks_usec() + _CLOSE_USEC
	if _socket and _socket.get_ready_state() == WebSocketPeer.STATE_OPEN:
		_write()
		_socket.close()
		while (
			_socket.get_ready_state() != WebSocketPeer.STATE_CLOSED
			and Time.get_ticks_usec() < until
		):
			OS.delay_usec(200)
			_socket.poll()
	_socket = null
	_is_closing = false
	core.deliver()


## Cuts the connection without a word, as a broken network does; the next one resumes the session.
func drop(reason: String = "the connection was cut") -> void:
	_end_attempt(reason, false)


func _work() -> void:
	core.deliver()
	if _socket:
		_carry()
	elif _probe:
		_look_at_probe()
	elif core.wants_connection():
		_open()
	core.tick()
	flush()
	_quiet_until = core.quiet_until()


func _end_attempt(reason: String, refused: bool) -> void:
	_quiet_until = 0
	_socket = null
	_probe = null
	core.disconnected(reason, refused)


func _open() -> void:
	_socket = WebSocketPeer.new()
	_socket.inbound_buffer_size = _BUFFER_BYTES
	_socket.outbound_buffer_size = _BUFFER_BYTES
	_open_by = Core.now() + core.outage.greeting_seconds
	if _socket.connect_to_url(_url) != OK:
		_end_attempt("%s is no address" % _url, true)


func _carry() -> void:
	match _socket.get_ready_state():
		WebSocketPeer.STATE_CONNECTING:
			if Core.now() >= _open_by:
				drop("no connection could be made in time")
		WebSocketPeer.STATE_OPEN:
			if core.state == Core.State.DOWN:
				_socket.set_no_delay(true)
				core.connected()
			_read(Time.get_ticks_usec() + _READ_USEC)
		WebSocketPeer.STATE_CLOSED:
			_closed()


# Returns whether that was all.
func _read(until: int) -> bool:
	# Whoever is told of a message may close everything.
	while _socket and _socket.get_available_packet_count() > 0 and core.hanging_up == "":
		core.receive(_socket.get_packet())
		if Time.get_ticks_usec() >= until:
			return false
	return true


func _closed() -> void:
	var code: int = _socket.get_close_code()
	var reason: String = _socket.get_close_reason()
	_socket = null
	if core.state == Core.State.DOWN:
		_begin_probe()
		return
	if reason in _GOODBYES:
		core.leave(reason, "The sidecar ended the connection: " + reason)
	elif code in _GARBAGE_CODES and core.hanging_up == "":
		core.strike("what came was no message (%d)" % code)
	core.disconnected("the connection was closed (%d)" % code, false)


# A socket does not tell why it was not opened: whether somebody listens there is seen by a
# connection that says nothing.
func _begin_probe() -> void:
	_probe = StreamPeerTCP.new()
	var authority: String = _url.get_slice("://", 1).get_slice("/", 0)
	var colon: int = authority.rfind(":")
	var host: String = authority.substr(0, colon) if colon > authority.rfind("]") else authority
	var port: int = 443 if _url.begins_with("wss") else 80
	if host != authority:
		port = authority.substr(colon + 1).to_int()
	host = host.trim_prefix("[").trim_suffix("]")
	if not host.is_valid_ip_address() and host != "localhost":
		# To look a name up may take seconds, in which the game would stand still.
		_end_attempt("no connection to %s could be made" % host, false)
	elif _probe.connect_to_host(host, port) != OK:
		_end_attempt("no sidecar listens there", true)


func _look_at_probe() -> void:
	_probe.poll()
	match _probe.get_status():
		StreamPeerTCP.STATUS_CONNECTED:
			_end_attempt("the connection broke while it was opened", false)
		StreamPeerTCP.STATUS_CONNECTING:
			if Core.now() >= _open_by:
				_end_attempt("no connection could be made in time", false)
		_:
			_end_attempt("no sidecar listens there", true)


func _write() -> void:
	var outbox: Array[PackedByteArray] = core.book.outbox
	while outbox:
		var frame: PackedByteArray = outbox[0]
		if _socket.get_current_outbound_buffered_amount() + frame.size() > _BUFFER_BYTES:
			return  # The sidecar reads slowly; the rest goes with the next frames.
		outbox.remove_at(0)
		if _socket.send(frame, WebSocketPeer.WRITE_MODE_TEXT) != OK:
			return
