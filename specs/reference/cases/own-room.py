SPEC = "own-room.md"
NOTE = "The own room of Ada from the words of BIP-39's test vectors, and what is said there."

from parley_reference import own_room, room
from parley_reference.encoding import encode

from .cast import ADA, BO, GENESIS, INVITE_SEED, ROOM, SECRET
from .identity import WORDS


def cases():
    for entropy, words in WORDS.items():
        found = own_room.own_room_seed(words)
        genesis, secret, invite_seed = own_room.own_room(found, ADA.identity)
        yield {
            "title": f"the words of {entropy[:2]}…",
            "section": "derivation",
            "input": {"words": words, "identity": ADA.identity},
            "steps": {"seed": found},
            "expect": {"genesis": genesis, "secret": secret, "inviteSeed": invite_seed, "id": room.room_id(genesis)},
        }
    good = {
        "room-known": [GENESIS, SECRET, INVITE_SEED, "Kitchen"],
        "person-noted": [BO.identity, "Bo from work", 1_700_000_000_000],
        "room-read": [ROOM, 12, 1_700_000_000_000],
        "name-chosen": ["Ada"],
    }
    for kind, body in good.items():
        yield {"title": f"a body of {kind}", "section": "events", "input": event(kind, body), "expect": {"type": kind}}
    yield {"title": "a kind of a later version", "section": "events", "input": event("room-forgotten", [ROOM]), "expect": {"type": "unknown"}}
    for title, kind, body in [
        ("a room without an invite", "room-known", [GENESIS, SECRET, None, "Kitchen"]),
        ("a room whose genesis is none", "room-known", [bytes(40), SECRET, INVITE_SEED, "Kitchen"]),
        ("a room with a secret of 31 bytes", "room-known", [GENESIS, SECRET[1:], INVITE_SEED, "Kitchen"]),
        ("a petname of no character", "person-noted", [BO.identity, "", None]),
        ("a mark without a time", "room-read", [ROOM, 12]),
        ("a name with two spaces in a row", "name-chosen", ["Ada  L."]),
    ]:
        yield {"title": title, "section": "events", "input": event(kind, body), "error": "entry/body"}


def event(kind, body):
    return {"kind": kind, "class": "message", "body": encode(body)}
