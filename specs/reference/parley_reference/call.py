"""specs/call.md: the emoji that two people in a call compare."""

from .encoding import in_domain
from .primitives import sha256

ROUNDS = 32_768
ROWS = [
    "Dog Cat Lion Horse Unicorn Pig Elephant Rabbit",
    "Panda Rooster Penguin Turtle Fish Octopus Butterfly Flower",
    "Tree Cactus Mushroom Globe Moon Cloud Fire Banana",
    "Apple Strawberry Corn Pizza Cake Heart Smile Robot",
    "Hat Glasses Spanner Santa Thumb Umbrella Hourglass Clock",
    "Gift Lamp Book Pencil Paperclip Scissors Padlock Key",
    "Hammer Telephone Flag Train Bicycle Aeroplane Rocket Trophy",
    "Ball Guitar Trumpet Bell Anchor Headphones Folder Pin",
]
WORDS = " ".join(ROWS).split()


def emoji_hash(call, own, other):
    digest = sha256(in_domain("callEmoji", call, *sorted([own, other])))
    for _ in range(ROUNDS - 1):
        digest = sha256(in_domain("callEmoji", digest))
    return digest


def emoji_words(digest):
    bits = int.from_bytes(digest, "big") >> 256 - 42
    return [WORDS[bits >> 6 * place & 63] for place in reversed(range(7))]
