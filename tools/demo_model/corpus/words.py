"""The word tables that patterns draw from; a slot `{creature}` draws from `creature`."""

from __future__ import annotations


def listed(text: str) -> tuple[str, ...]:
    """Return the entries of a list with commas."""
    return tuple(entry.strip() for entry in text.split(","))


TABLES: dict[str, tuple[str, ...]] = {
    "title": listed("traveller, friend, stranger"),
    "creature": listed(
        "dragon, troll, giant, griffin, ghost, wolf pack, werewolf, basilisk, ogre, witch, "
        "banshee, wyvern, giant spider, stone golem, goblin band, vampire, sea serpent, "
        "black knight, bandit gang, three-headed hound"
    ),
    "beast": listed("horse, dog, mule, cat, falcon, raven, goat, pony, owl, ferret"),
    "treasure": listed(
        "crown, chalice, sword, amulet, lantern, ring, map, bell, harp, mirror, dagger, key, "
        "book, shield, necklace, horn, compass, locket, flute, helmet"
    ),
    "material": listed(
        "silver, golden, iron, bronze, copper, ivory, crystal, wooden, glass, jade, pearl, ruby"
    ),
    "colour": listed("red, blue, green, black, white, grey, brown, yellow, purple, orange"),
    "wild": listed(
        "old forest, northern hills, dark swamp, eastern mines, river crossing, old graveyard, "
        "mountain pass, western road, ruined tower, salt marsh, burned mill, silent valley"
    ),
    "weather": listed("rain, snow, fog, wind, sunshine, frost, hail, drizzle"),
    "season": listed("spring, summer, autumn, winter"),
    "time": listed(
        "at dawn, at dusk, at midnight, last night, this morning, three days ago, "
        "last week, two nights ago"
    ),
    "kin": listed("brother, sister, father, mother, uncle, aunt, cousin, daughter, son, friend"),
    "role": listed(
        "knight, ranger, thief, wizard, sailor, shepherd, hunter, monk, princess, minstrel, "
        "soldier, miller, pilgrim, squire, fisher, captain, healer, farmer"
    ),
    "feeling": listed("tired, well, cheerful, busy, content, restless, hopeful, a little cold"),
    "song": listed(
        "The Miller's Daughter, Seven Ships, The Last Lantern, A Road in Winter, Old Iron, "
        "The Fox and the Moon, Harvest Home, The Drowned Bell"
    ),
    "password": listed(
        "moonlight, thistle, copperleaf, nightingale, hollow oak, blue heron, ember, quicksand, "
        "white raven, cold river, sunflower, broken arrow, winter apple, stone bridge"
    ),
    "direction": listed("north, south, east, west"),
    "trade": listed(
        "baker, hunter, fisher, miller, farmer, carpenter, tailor, cobbler, librarian, scribe, "
        "sailor, ferryman, stable hand, beekeeper, potter, weaver, jeweller, brewer, butcher, "
        "mason, bard, wizard, alchemist, knight, monk, priest, detective, pirate, thief, teacher, "
        "gardener, woodcutter, shepherd, mapmaker, clockmaker, candlemaker, gravedigger, "
        "fortune teller, bounty hunter, mechanic, pilot, robot, dragon, goblin, princess, king, "
        "queen, ghost, witch, troll, dwarf, elf, messenger, cook, juggler, spy, ranger"
    ),
    "unseen_trade": listed(
        "glassblower, rat catcher, bookbinder, tanner, locksmith, cartwright, falconer, "
        "lighthouse keeper, street musician, ropemaker, chimney sweep, royal envoy"
    ),
    "manner": listed(
        "grumpy, cheerful, helpful, shy, proud, wise, young, old, nervous, friendly, honest, "
        "mysterious, polite, gruff, brave, kind"
    ),
    "thing": listed(
        "rope, lamp, key, map, bread, sword, bow, hammer, cup, book, coin, apple, shovel, drum, "
        "candle, blanket, barrel, bucket, feather, letter, shield, ring, saddle, whistle"
    ),
}

INTERJECTIONS: dict[str, tuple[str, ...]] = {
    "grumpy": ("Hmph.", "Bah.", "What now?"),
    "gruff": ("Hmph.", "Aye."),
    "cheerful": ("Ha!", "Oh, splendid!", "What a fine day!"),
    "friendly": ("Ah, good to see you!", "My friend!"),
    "shy": ("Oh. Um.", "Oh, hello."),
    "nervous": ("Oh dear.", "Shh, not so loud."),
    "proud": ("Naturally.", "But of course."),
    "wise": ("Ah, patience.", "Hm, let me think."),
    "mysterious": ("The stars knew you would ask.", "Curious."),
    "polite": ("If you please.", "With pleasure."),
}
