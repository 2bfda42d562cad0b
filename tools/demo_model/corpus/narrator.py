"""The narrator: describes places, and tells what happens there."""

from __future__ import annotations

from random import Random

from tools.demo_model.corpus.grammar import Scene

SYSTEMS = (
    "You are a narrator for a fantasy RPG.",
    "You are the narrator of a fantasy game.",
    "You are a narrator.",
    "You are the narrator of a dark fairy tale.",
    "You narrate a fantasy adventure.",
    "You are a storyteller.",
    "You are an old storyteller.",
    "You describe what the player sees.",
)
ASKS = (
    "Describe {the}.",
    "Describe {the}.",
    "What do I see at {the}?",
    "I come to {the}.",
    "What does {the} look like?",
    "I walk to {the}. What do I see?",
    "Tell me about {the}.",
)
UNSEEN_ASKS = ("Paint me a picture of {the}.", "I stand before {the}. What is there?")

PLACES: dict[str, tuple[str, ...]] = {
    "the entrance to the dungeon": (
        "The entrance to the dungeon is a low arch of black stone.",
        "Before you the entrance to the dungeon gapes like a mouth.",
        "Worn steps lead down to the entrance of the dungeon.",
        "A rusty gate hangs open at the entrance to the dungeon.",
    ),
    "the forest": (
        "The forest stands dark and close, and the path is thin.",
        "Tall pines shut out the light, and the forest smells of rain.",
        "The forest is so old that the trees have beards of moss.",
    ),
    "the castle": (
        "The castle rises on its hill with {number} broken windows.",
        "Grey towers crown the castle, and {colour} flags hang from its walls.",
        "The castle gate is closed, but a light burns in the high tower.",
    ),
    "the village": (
        "The village has a dozen roofs, one well and no dogs.",
        "Smoke climbs from the chimneys of the village.",
        "The village lies between two hills, quiet as a held breath.",
    ),
    "the cave": (
        "The cave is cold, and water drips somewhere in the dark.",
        "Bones lie before the cave, picked clean and white.",
        "The cave opens behind the waterfall, just wide enough for one.",
    ),
    "the tower": (
        "The tower leans a little, as if it listened to the ground.",
        "The tower has no door, only a window far above.",
        "Ivy holds the old tower together, stone by stone.",
    ),
    "the swamp": (
        "The swamp swallows every sound but the frogs.",
        "Green lights dance over the swamp and lead nowhere.",
        "In the swamp the ground moves under every step.",
    ),
    "the ruins": (
        "The ruins lie in the grass like the ribs of a giant.",
        "Among the ruins one pillar still stands.",
        "The ruins are silent, yet somebody has swept the steps.",
    ),
    "the market": (
        "The market is loud with sellers, geese and children.",
        "At the market you smell spices, leather and warm bread.",
        "Bright cloth hangs over every stall of the market.",
    ),
    "the harbour": (
        "The harbour is full of masts that knock against each other.",
        "Gulls scream over the harbour, and the tar smells strong.",
        "In the harbour a black ship lies, and no sailor speaks of it.",
    ),
    "the tavern": (
        "The tavern is warm, low and full of smoke and laughter.",
        "A fire roars in the tavern, and a bard tunes her lute.",
        "In the tavern every head turns when you come in.",
    ),
    "the graveyard": (
        "The graveyard lies under crooked trees, and one grave is open.",
        "Mist creeps between the stones of the graveyard.",
        "In the graveyard a lantern moves, though nobody carries it.",
    ),
    "the throne room": (
        "The throne room is empty but for the throne and the dust.",
        "Two rows of guards line the throne room and stare ahead.",
        "In the throne room the banners have been eaten by moths.",
    ),
    "the mountain pass": (
        "The mountain pass is narrow, and the wind sings in it.",
        "Snow lies deep in the mountain pass, crossed by large tracks.",
        "The mountain pass bends left, then falls away into clouds.",
    ),
    "the library": (
        "The library has more ladders than books, and more dust than both.",
        "In the library a single candle burns beside an open book.",
        "The shelves of the library reach up into the dark.",
    ),
}
SENSES = (
    "The air smells of [moss|old iron|smoke|wet earth|cold ash].",
    "[Cold air|A bitter wind|A breath of damp air] touches your face.",
    "Somewhere [close|far away] a [bell rings|door slams|dog howls|stone falls].",
    "Your steps echo [from the walls|in the silence|longer than they should].",
    "[Torches|Two torches|Old lanterns] throw long shadows.",
    "The light is [thin|grey|red|fading], and the shadows are deep.",
    "[Moss|Frost|Dust] covers the stones.",
)
SIGNS = (
    "Old words are carved into the stone: turn back.",
    "A {material} {treasure} lies half hidden in the dirt.",
    "Fresh tracks of a {creature} cross your way.",
    "On the wall somebody has drawn a {colour} eye.",
    "A {beast} watches you and does not blink.",
    "A name is scratched into the wood: {person}.",
)
ENDINGS = (
    "What do you do?",
    "Something waits here, and it knows that you have come.",
    "You feel that you are not alone.",
    "Whatever happens next, you chose to come.",
    "The way on leads [down|left|into the dark|past the stones].",
    "Then everything goes quiet.",
    "You tighten your grip on your sword.",
)
THOUGHT = "The player wants to see {the}. I describe sights, sounds and smells."


def place(random: Random) -> str:
    """Return a place that the narrator can describe."""
    return random.choice([*PLACES, "the entrance to the dungeon"])


def describe(scene: Scene, the: str) -> str:
    """Return a description of three to six sentences."""
    random = scene.random
    middle = random.sample(SENSES, random.randint(1, 2))
    if random.random() < 0.7:
        middle.append(random.choice(SIGNS))
    sentences = [random.choice(PLACES[the]), *middle, random.choice(ENDINGS)]
    return " ".join(scene.say(sentence) for sentence in sentences)
