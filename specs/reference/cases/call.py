SPEC = "call.md"
NOTE = "What Ada and Ben compare in a call. The call id and the two certificates' fingerprints are made from seeds."

from parley_reference import call

from .cast import seed

TALK = {"call": seed(0x71)[:16], "own": seed(0x72), "other": seed(0x73)}


def cases():
    yield seen("Ada’s side of a call", TALK)
    yield seen("Ben’s side of the same call", {**TALK, "own": TALK["other"], "other": TALK["own"]})
    yield seen("another call between the same certificates", {**TALK, "call": seed(0x74)[:16]})
    yield seen("somebody else’s certificate at the other end", {**TALK, "other": seed(0x75)})
    yield seen("a certificate that differs in its last bit", {**TALK, "other": TALK["other"][:-1] + bytes([TALK["other"][-1] ^ 1])})


def seen(title, talk):
    digest = call.emoji_hash(*talk.values())
    return {"title": title, "section": "emoji", "input": talk, "steps": {"hash": digest}, "expect": {"words": call.emoji_words(digest)}}
