SPEC = "call.md"
NOTE = "What Ada and Ben compare in a call, and the notes of one. The call id and the two certificates' fingerprints are made from seeds."

from parley_reference import call
from parley_reference.encoding import encode
from parley_reference.errors import ProtocolError

from .cast import seed

TALK = {"call": seed(0x71)[:16], "own": seed(0x72), "other": seed(0x73)}


def cases():
    yield seen("Ada’s side of a call", TALK)
    yield seen("Ben’s side of the same call", {**TALK, "own": TALK["other"], "other": TALK["own"]})
    yield seen("another call between the same certificates", {**TALK, "call": seed(0x74)[:16]})
    yield seen("somebody else’s certificate at the other end", {**TALK, "other": seed(0x75)})
    yield seen("a certificate that differs in its last bit", {**TALK, "other": TALK["other"][:-1] + bytes([TALK["other"][-1] ^ 1])})
    yield from notes()


def seen(title, talk):
    digest = call.emoji_hash(*talk.values())
    return {"title": title, "section": "emoji", "input": talk, "steps": {"hash": digest}, "expect": {"words": call.emoji_words(digest)}}


STATUS = [0, True, False, False, 3]


def notes():
    for title, note in [
        ("a status: muted, with a hand raised for the third time", STATUS),
        ("a status: the screen in place of a camera that is off", [0, False, True, True, 0]),
        ("a reaction", [1, 6]),
    ]:
        data = call.encode_note(TALK["call"], note)
        assert call.decode_note(data) == (TALK["call"], note)
        yield {"title": title, "section": "notes", "input": {"call": TALK["call"], "note": note}, "expect": {"bytes": data}}
    for title, value in [
        ("a note of no kind", [TALK["call"], []]),
        ("a note of a kind that is none", [TALK["call"], [9, *STATUS[1:]]]),
        ("a status without its hand", [TALK["call"], STATUS[:-1]]),
        ("a status that is muted once", [TALK["call"], [0, 1, *STATUS[2:]]]),
        ("a hand raised once too often", [TALK["call"], [*STATUS[:-1], 65_536]]),
        ("a ninth reaction", [TALK["call"], [1, 8]]),
        ("a note of a call with a short id", [TALK["call"][1:], STATUS]),
        ("a note larger than allowed", [TALK["call"], bytes(1_024)]),
    ]:
        data = encode(value)
        yield {"title": title, "section": "notes", "input": {"bytes": data}, "error": code_of(data)}


def code_of(data):
    try:
        call.decode_note(data)
    except ProtocolError as error:
        return error.code
    raise AssertionError("it was taken")
