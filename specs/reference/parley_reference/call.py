"""specs/call.md: the emoji that two people in a call compare, and the notes of a call."""

from .encoding import as_array, as_bool, as_bytes, as_uint, decode, encode, in_domain
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
REACTIONS = 8
MOST_NOTE_BYTES = 1_024


def emoji_hash(call, own, other):
    digest = sha256(in_domain("callEmoji", call, *sorted([own, other])))
    for _ in range(ROUNDS - 1):
        digest = sha256(in_domain("callEmoji", digest))
    return digest


def emoji_words(digest):
    bits = int.from_bytes(digest, "big") >> 256 - 42
    return [WORDS[bits >> 6 * place & 63] for place in reversed(range(7))]


def encode_note(call, note):
    return encode([call, note])


def decode_note(data):
    """The call's id, and the note: its kind, then its fields."""
    call, note = as_array(decode(data, MOST_NOTE_BYTES), 2)
    kind, *fields = as_array(note, most=5) or [None]
    if as_uint(kind, 1) == 0:
        muted, camera_off, sharing, hand = as_array(fields, 4)
        fields = [as_bool(muted), as_bool(camera_off), as_bool(sharing), as_uint(hand, 65_535)]
    else:
        fields = [as_uint(as_array(fields, 1)[0], REACTIONS - 1)]
    return as_bytes(call, 16), [kind, *fields]
