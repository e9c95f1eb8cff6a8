"""specs/call.md: the emoji that two people in a call compare, and the notes of a call."""

import ipaddress
import re

from .encoding import as_array, as_bool, as_bytes, as_text, as_uint, decode, encode, in_domain
from .errors import ProtocolError
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
MOST_CANDIDATES = 8
TUNNEL_PRIORITY = 16_777_215


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
    if as_uint(kind, 2) == 0:
        muted, camera_off, sharing, hand = as_array(fields, 4)
        fields = [as_bool(muted), as_bool(camera_off), as_bool(sharing), as_uint(hand, 65_535)]
    elif kind == 1:
        fields = [as_uint(as_array(fields, 1)[0], REACTIONS - 1)]
    else:
        fields = [[_candidate(each) for each in as_array(as_array(fields, 1)[0], most=MOST_CANDIDATES)]]
    return as_bytes(call, 16), [kind, *fields]


def _candidate(value):
    address, port, priority = as_array(value, 3)
    address, port, priority = as_text(address, 45), as_uint(port), as_uint(priority)
    if not (1_024 <= port <= 65_535 and TUNNEL_PRIORITY < priority < 2**31 and _may_be_told(address)):
        raise ProtocolError("call/field", "candidate")
    return [address, port, priority]


def _may_be_told(address):
    if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.local", address, re.ASCII):
        return True
    if not re.fullmatch(r"[0-9.]+|[0-9a-f:]+", address, re.ASCII):
        return False
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if ip.version == 4:
        return ip.packed[0] not in (0, 127) and ip.packed[0] < 224 and not ip.is_link_local
    return ip.packed[:10] != bytes(10) and not ip.is_link_local and not ip.is_multicast
