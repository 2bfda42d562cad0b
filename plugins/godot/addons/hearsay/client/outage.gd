@tool
extends RefCounted
## How long to wait for a sidecar, and when to take it for gone; all times are in seconds.

## How long nobody may listen at the address until the sidecar is taken for gone.
var refused_seconds: float = 2.5

## How long a connection and its welcome may take.
var greeting_seconds: float = 5.0

## The wait before the second attempt; each later one is twice as long. The first comes at once.
var retry_seconds: float = 0.5

## The longest wait between two attempts.
var max_retry_seconds: float = 8.0

## The time between pings; 0 is a third of what the sidecar lets a connection be silent.
var ping_seconds: float = 0.0

var _since: float = INF
var _attempts: int = 0
var _refused: bool = false


## Notes a new address, a lost connection or a failed attempt; returns when to try next.
func begin(now: float, refused: bool) -> float:
	_since = minf(_since, now)
	_refused = refused
	var delay: float = 0.0
	if _attempts > 0:
		delay = minf(retry_seconds * pow(2.0, mini(_attempts - 1, 16)), max_retry_seconds)
		delay *= 1.0 - randf() / 4.0
	_attempts += 1
	return now + delay


## Notes that a connection works, or that there is nobody to speak with.
func end() -> void:
	_since = INF
	_attempts = 0
	_refused = false


## Returns when to give up; [param session_seconds] is how long the session is kept, if there is
## one.
func hopeless_at(session_seconds: float) -> float:
	if _refused:
		return _since + refused_seconds
	return _since + (session_seconds if session_seconds > 0.0 else greeting_seconds)
