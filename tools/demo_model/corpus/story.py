"""Stories of 100 to 200 tokens: a hero, a loss, a road, a foe, a trick, a return."""

from __future__ import annotations

from tools.demo_model.corpus.grammar import Scene

ASKS = (
    "Tell me a story about {hero}.",
    "Tell me a story about {hero}, a {role}.",
    "Tell me a story about a {role} named {hero}.",
    "Tell me the story of {hero} of {home}.",
    "Tell me a story about {hero}, the {role} from {home}.",
    "Tell a tale about {hero}.",
    "Tell me a story about a {role} named {hero} and a {creature}.",
    "Tell me about {hero} and the {creature}.",
)
UNSEEN_ASKS = (
    "I would like to hear a story about {hero}, a {role}.",
    "Make up a story about {hero} from {home}.",
)
BEATS = (
    (
        "Once upon a time there was a {role} named {hero} in {home}.",
        "Long ago, in {home}, there lived a {role} called {hero}.",
        "In the days of the old king, {hero} was a {role} in {home}.",
        "There once was a {role} in {home} whose name was {hero}.",
    ),
    (
        "{hero} owned nothing but a {beast} and a {material} {treasure}.",
        "Every evening {hero} sat by the fire and polished a {material} {treasure}.",
        "The only thing {hero} loved was a {material} {treasure}, a gift from a {kin}.",
        "People laughed at {hero} for carrying a {material} {treasure} everywhere.",
    ),
    (
        "One night a {creature} came out of the {wild} and stole the {treasure}.",
        "Then, in {season}, the {treasure} vanished, and a {creature} had left its tracks.",
        "But one morning the {treasure} was gone, and everybody blamed the {creature}.",
        "Then a {creature} fell upon {home} and took the {treasure} to the {wild}.",
    ),
    (
        "The people were afraid, but {hero} packed some bread and left before dawn.",
        "Nobody dared to follow the tracks, so {hero} went alone.",
        '"I will bring it back," said {hero}, and walked out into the {weather_2}.',
        "{hero} took a lamp and a rope and did not look back.",
    ),
    (
        "For {number} days the road led through {weather} and mud.",
        "On the way {hero} met an old {role_2}, who pointed to the {direction}.",
        "At the bridge a {beast_2} with a hurt leg lay in the grass, and {hero} bound the wound.",
        "In a dark wood {hero} shared the last bread with a hungry {role_2}.",
    ),
    (
        "At last the {creature} stood there, huge and angry, and the ground shook.",
        "Deep in the {wild} the {creature} was sleeping on its treasure.",
        "The {creature} laughed so loudly that the birds fell silent.",
        "Two yellow eyes opened in the dark: it was the {creature}.",
    ),
    (
        "{hero} did not draw a sword but sang the oldest song of {home}.",
        '"Let us play for it," said {hero}, and put three {colour} stones on the ground.',
        "{hero} told the {creature} a riddle, and it thought until the sun came up.",
        "With shaking hands {hero} held up the lamp, and the {creature} shut its eyes.",
    ),
    (
        "So the {creature} gave the {treasure} back and was never seen again.",
        "When it was over, the {treasure} was safe and the {creature} was gone.",
        "The {creature} wept, for nobody had ever been kind to it, and let the {treasure} go.",
        "In the end the {creature} lost, and it kept its word.",
    ),
    (
        "When {hero} came home, all the bells of {home} were ringing.",
        "From that day on nobody in {home} laughed at {hero} any more.",
        "And if you come to {home} today, you can still hear the song of {hero}.",
        "{hero} grew old in {home} and told this story every winter.",
    ),
)
REQUIRED = (0, 1, 2, 5, 7, 8)
THOUGHT = "They want a story about {hero}. It needs a loss, a journey and an end."


def ask(scene: Scene) -> str:
    """Return a request for a story; the facts that it leaves open are drawn later."""
    scene["hero"] = scene["person_9"]
    scene["home"] = scene["town_9"]
    return scene.say(UNSEEN_ASKS if scene.held_out and scene.random.random() < 0.5 else ASKS)


def tell(scene: Scene) -> str:
    """Return the story; six to nine sentences."""
    beats = [
        choices
        for index, choices in enumerate(BEATS)
        if index in REQUIRED or scene.random.random() < 0.7
    ]
    return " ".join(scene.say(choices) for choices in beats)
