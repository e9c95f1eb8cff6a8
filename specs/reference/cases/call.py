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


LAN = ["192.168.1.20", 50_000, 2_122_260_223]
STATUS = [0, True, False, False, 3]


def notes():
    for title, note in [
        ("a status: muted, with a hand raised for the third time", STATUS),
        ("a status: the screen in place of a camera that is off", [0, False, True, True, 0]),
        ("a reaction", [1, 6]),
        ("that a direct path is wanted", [2, []]),
        ("three candidates", [2, [LAN, ["2001:db8::17", 50_001, 2_122_262_783], ["05dcc0ae-1f5c-4d0e-9f0d-3a0ac3a1b2c4.local", 50_002, 2_122_187_007]]]),
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
        ("nine candidates", [TALK["call"], [2, [LAN] * 9]]),
        ("a candidate on the own machine", [TALK["call"], [2, [["127.0.0.1", *LAN[1:]]]]]),
        ("a candidate on the own machine, in IPv6", [TALK["call"], [2, [["0:0:0:0:0:0:0:1", *LAN[1:]]]]]),
        ("a candidate on the own machine, as IPv4 in IPv6", [TALK["call"], [2, [["::ffff:7f00:1", *LAN[1:]]]]]),
        ("a candidate of one cable only", [TALK["call"], [2, [["fe80::1", *LAN[1:]]]]]),
        ("a candidate of many machines", [TALK["call"], [2, [["224.0.0.251", *LAN[1:]]]]]),
        ("a candidate with a name that would be looked up", [TALK["call"], [2, [["router.local", *LAN[1:]]]]]),
        ("a candidate at a system port", [TALK["call"], [2, [[LAN[0], 1_023, LAN[2]]]]]),
        ("a candidate that does not come before the tunnel", [TALK["call"], [2, [[*LAN[:2], 16_777_215]]]]),
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
