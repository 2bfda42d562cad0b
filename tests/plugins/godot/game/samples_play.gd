extends "res://tests/checks.gd"
## The samples, played as they stand.


func test_in_the_tavern_everybody_speaks_and_gives() -> void:
	var tavern: Control = _open("res://samples/tavern/tavern.tscn")
	var marta: HearsayCharacter = tavern.get_node("Guests/Marta/Character")
	var said: String = await marta.reply_finished
	holds(said != "", "the innkeeper greets without being asked")
	tavern.call("_say", "Can I have the lantern?")
	await marta.reply_finished
	same(tavern.get_node("%Bag").get_child_count(), 1)
	tavern.call("_say", "Tell me a story.")
	await marta.token
	tavern.call("_say", "Who are you?")
	said = await marta.reply_finished
	holds(said != "", "who was interrupted speaks again")
	holds(marta.get_history().filter(_is_player).size() >= 3, "everything is remembered")
	for guest: String in ["Bram", "Ilse"]:
		tavern.call("_turn_to", tavern.get_node("Guests/" + guest))
		tavern.call("_say", "Who are you?")
		var character: HearsayCharacter = tavern.get_node("Guests/%s/Character" % guest)
		said = await character.reply_finished
		holds(said != "", guest + " speaks")
	tavern.queue_free()
	await process_frame


func test_on_the_market_many_mutter_at_once() -> void:
	var market: Node2D = _open("res://samples/barks/barks.tscn")
	var silence: HSlider = market.get_node("Silence")
	for walker: Node2D in market.get_node("Walkers").get_children():
		walker.set("_rest", 0.0)
		var character: HearsayCharacter = walker.get_node("Character")
		character.begin_within = 0.0
	silence.value = 40.0
	while int(str(market.get("_made"))) < 30:
		await process_frame
	same(market.get("_late"), 0)
	market.queue_free()
	await process_frame


func _open(path: String) -> Node:
	var scene: PackedScene = load(path)
	var node: Node = scene.instantiate()
	root.add_child(node)
	return node


func _is_player(message: Dictionary) -> bool:
	return message["role"] == "user"
