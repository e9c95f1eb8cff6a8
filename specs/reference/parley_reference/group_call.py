"""specs/group-call.md: who has a seat in a call, and what names a link."""

from .encoding import in_domain
from .ordering import order_key
from .primitives import sha256

SEATS = 12
MESH_SEATS = 4


def last_words(entries):
    """The last of each device's entries, by device."""
    words = {}
    for each in sorted(entries, key=place):
        words[each["device"]] = each
    return words


def place(entry):
    return order_key(*(entry["order"][part] for part in ("depth", "time", "log", "index")))


def seats(entries, call, there):
    """Devices with a seat in the call, first those who came first."""
    words = [word for word in last_words(entries).values() if word["kind"] == "call-joined" and word["call"] == call]
    return [word["device"] for word in sorted(words, key=place) if word["device"] in there][:SEATS]


def is_fan_out(seated):
    """Whether so many who have seats leave the mesh."""
    return len(seated) > MESH_SEATS


def link(plaintext):
    """The hash of an offer, and what stands before each packet of its link."""
    digest = sha256(in_domain("callOffer", plaintext))
    return digest, digest[:4]
