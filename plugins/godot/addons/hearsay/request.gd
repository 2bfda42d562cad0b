# gdlint: disable=max-public-methods
@tool
class_name HearsayRequest
extends RefCounted
## A request for a reply, built by name instead of written as JSON.
##
## Every method returns the request itself, so that they can be strung together. What none of them
## says stays at the sidecar's default. What is wrong with a value the sidecar tells, by the field's
## name.
## [codeblock]
## var request: HearsayRequest = (
##     HearsayRequest.new()
##     .system("You are a helpful tavern keeper named Boris.")
##     .user("What do you have on the menu?")
##     .temperature(0.7)
##     .max_tokens(60)
## )
## var job: HearsayJob = Hearsay.submit(request)
## [/codeblock]

## The request's own fields, named as in OpenAI's API; [method field] writes here too.
var fields: Dictionary = {}

## What goes beside the request, named as in [HearsayProtocol.SubmitChat].
var options: Dictionary = {}


## Returns a request of one sentence of the player's.
static func ask(text: String) -> HearsayRequest:
	return HearsayRequest.new().user(text)


## Returns the request that a [String] of JSON, a [Dictionary] or a [HearsayRequest] is, or
## [code]null[/code] if it is none.
static func from(source: Variant) -> HearsayRequest:
	if source is HearsayRequest:
		return source
	var given: Variant = source
	if source is String:
		var text: String = source
		var json: JSON = JSON.new()
		given = json.data if json.parse(text) == OK else null
	if not given is Dictionary:
		return null
	var request: HearsayRequest = HearsayRequest.new()
	request.fields = given
	return request


## Returns what is wrong with a source of which [method from] makes nothing.
static func fault_of(source: Variant) -> String:
	if not source is String:
		return "The request is neither JSON of an object, nor a dictionary, nor a HearsayRequest"
	var text: String = source
	var json: JSON = JSON.new()
	if json.parse(text) == OK:
		return "The request is JSON, but not an object in braces"
	var place: int = json.get_error_line() + 1
	return "The request is not valid JSON: %s, in line %d" % [json.get_error_message(), place]


## Which model is asked; without it, that of the project setting
## [code]hearsay/characters/model[/code].
func model(id: String) -> HearsayRequest:
	return field("model", id)


## Adds a message that sets the scene.
func system(text: String) -> HearsayRequest:
	return message(HearsayProtocol.Role.SYSTEM, text)


## Adds what the player said.
func user(text: String) -> HearsayRequest:
	return message(HearsayProtocol.Role.USER, text)


## Adds what the character said before.
func assistant(text: String) -> HearsayRequest:
	return message(HearsayProtocol.Role.ASSISTANT, text)


## Adds a message; [param role] is one of [HearsayProtocol.Role].
func message(role: String, text: String) -> HearsayRequest:
	return messages([{"role": role, "content": text}])


## Adds messages in OpenAI's form, such as those of a saved conversation.
func messages(more: Array[Dictionary]) -> HearsayRequest:
	var all: Array = fields.get_or_add("messages", [])
	all.append_array(more)
	return self


## How wild the reply is: 0 takes the likeliest token each time, 1 is the model's own distribution.
func temperature(value: float) -> HearsayRequest:
	return field("temperature", value)


## Keeps the likeliest tokens that together have this probability.
func top_p(value: float) -> HearsayRequest:
	return field("top_p", value)


## Keeps so many of the likeliest tokens.
func top_k(value: int) -> HearsayRequest:
	return field("top_k", value)


## Drops tokens less likely than this part of the likeliest.
func min_p(value: float) -> HearsayRequest:
	return field("min_p", value)


## The most tokens to write.
func max_tokens(count: int) -> HearsayRequest:
	return field("max_tokens", count)


## Texts that end the reply and are not part of it.
func stop(texts: Array[String]) -> HearsayRequest:
	return field("stop", texts)


## Where the random numbers start; the same seed gives the same reply.
func seed_with(value: int) -> HearsayRequest:
	return field("seed", value)


## How many replies to write; see [signal HearsayJob.alternative_received].
func replies(count: int) -> HearsayRequest:
	return field("n", count)


## Any other field of the request, by its name in [HearsayProtocol.ChatRequest] or a newer sidecar.
func field(name: String, value: Variant) -> HearsayRequest:
	fields[name] = value
	return self


## Whose turn it is when not everybody can be served; one of [HearsayProtocol.Priority].
func priority(value: String) -> HearsayRequest:
	return option("priority", value)


## Within how many seconds the reply is of use; then it ends as
## [constant HearsayProtocol.FinishReason.EXPIRED].
func deadline(seconds: float) -> HearsayRequest:
	return option("deadline_ms", _milliseconds(seconds))


## Within how many seconds the reply must begin to be of use.
func first_token_by(seconds: float) -> HearsayRequest:
	return option("first_token_by_ms", _milliseconds(seconds))


## Cancels open jobs of the same key: the newest remark of a character counts.
func replace_key(key: String) -> HearsayRequest:
	return option("replace_key", key)


## Who speaks; for accounting and for the model's memory.
func character(name: String) -> HearsayRequest:
	return option("character", name)


## Whatever the game wants to find again in the sidecar's logs.
func tag(name: String, value: String) -> HearsayRequest:
	var tags: Dictionary = options.get_or_add("tags", {})
	tags[name] = value
	return self


## Has the job cancelled if the connection drops; without it the job goes on and nothing is lost.
func cancel_when_gone() -> HearsayRequest:
	return option("when_gone", HearsayProtocol.WhenGone.CANCEL)


## Asks for [signal HearsayJob.field_received].
func with_fields() -> HearsayRequest:
	return option("field_events", true)


## Asks for [signal HearsayJob.sentence_received].
func with_sentences() -> HearsayRequest:
	return option("sentence_events", true)


## Anything else beside the request, by its name in [HearsayProtocol.SubmitChat].
func option(name: String, value: Variant) -> HearsayRequest:
	options[name] = value
	return self


## Returns the message that is sent for it.
func to_order(job: String, stream: bool) -> Dictionary:
	var order: Dictionary = options.duplicate(true)
	var request: Dictionary = fields.duplicate(true)
	request["stream"] = stream
	order["type"] = HearsayProtocol.SubmitChat.TAG
	order["job"] = job
	order["request"] = request
	return order


static func _milliseconds(seconds: float) -> int:
	return maxi(1, roundi(seconds * 1000.0))
