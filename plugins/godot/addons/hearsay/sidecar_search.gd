@tool
extends RefCounted
## Finds a sidecar that runs already, by the file it is shared by.

## How far it is.
enum Result { ASKING, FOUND, NOT_FOUND }

const _PATIENCE_MSEC: int = 1000
const _MODEL_PREFIX: String = "in-memory::"

## What the file says: url, token, pid, port, log.
var line: Dictionary = {}

var _http: HTTPClient = HTTPClient.new()
var _is_asked: bool = false
var _body: PackedByteArray = []
var _begun: int = Time.get_ticks_msec()


## Looks into [param file]; without one that can be read there is nothing to be found.
func _init(file: String) -> void:
	line = _read(file)
	if line:
		_http.connect_to_host("127.0.0.1", int(str(line["port"])))


## Returns how far it is; to be called once a frame. The file alone proves nothing: the sidecar may
## have been killed, and its port may be another program's now. That one is told no token.
func poll() -> Result:
	if line.is_empty() or Time.get_ticks_msec() - _begun > _PATIENCE_MSEC:
		return Result.NOT_FOUND
	_http.poll()
	match _http.get_status():
		HTTPClient.STATUS_RESOLVING, HTTPClient.STATUS_CONNECTING, HTTPClient.STATUS_REQUESTING:
			return Result.ASKING
		HTTPClient.STATUS_CONNECTED:
			if _is_asked:
				return _verdict()
			_is_asked = true
			_http.request(HTTPClient.METHOD_GET, "/health", ["Connection: close"])
			return Result.ASKING
		HTTPClient.STATUS_BODY:
			_body.append_array(_http.read_response_body_chunk())
			return Result.ASKING
	return _verdict()


func _verdict() -> Result:
	var is_hearsay: bool = _MODEL_PREFIX in _body.get_string_from_utf8()
	return Result.FOUND if is_hearsay else Result.NOT_FOUND


static func _read(path: String) -> Dictionary:
	if path == "" or not FileAccess.file_exists(path):
		return {}
	var file: FileAccess = FileAccess.open(path, FileAccess.READ)
	var json: JSON = JSON.new()
	if file == null or json.parse(file.get_as_text()) != OK or not json.data is Dictionary:
		return {}
	var read: Dictionary = json.data
	return read if read.has_all(["port", "url", "token"]) else {}
