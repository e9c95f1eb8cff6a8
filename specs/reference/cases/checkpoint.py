SPEC = "checkpoint.md"
NOTE = "Ada's tree of heads in her room, with Bo, Cy and Di as witnesses. Each broken case is a good one with one thing changed."

import base64

from parley_reference import checkpoint, log, merkle
from parley_reference.encoding import encode
from parley_reference.errors import ProtocolError
from parley_reference.primitives import sign

from .cast import ADA, BO, CY, DI, ROOM, seed

TIME = 1_700_000_000


def cases():
    yield from leaves()
    yield from notes()
    yield from signatures()
    yield from witnessing()
    yield from contradictions()
    yield from policies()


def logged(person, length, letters="abcdefghijklmnop", fork=0):
    key = log.log_key(ROOM, person.identity, person.device, 0)
    hashed = log.tree_hash(log.roots([letter.encode() for letter in letters[:length]]))
    signature = sign(log.head_signable(key, length, hashed, fork), person.device_seed)
    return {"log": key, "fork": fork, "length": length, "treeHash": hashed, "signature": signature}


HEADS = [logged(person, length) for length in range(1, 8) for person in (ADA, BO, CY)]
LEAVES = [checkpoint.head_leaf(*head.values()) for head in HEADS]
OTHER = [checkpoint.head_leaf(*logged(ADA, 1, "z").values()), *LEAVES[1:]]


def at(size, tree=LEAVES, room=ROOM, device=ADA.device, generation=0):
    return room, device, generation, size, merkle.root(tree[:size])


def signed(point, person=ADA):
    return point, checkpoint.sign_checkpoint(point, person.device_seed)


def witnessed(point, *people, time=TIME):
    """All of a note but for its encoding; people in the order of their devices."""
    given = sorted(checkpoint.cosign(point, person.device, person.device_seed, time + number) for number, person in enumerate(people))
    return (*signed(point), given)


def told(point):
    return dict(zip(("room", "device", "generation", "size", "root"), point))


def leaves():
    for title, head in [("a head of Ada's log", HEADS[0]), ("a head of Bo's log", HEADS[4]), ("a head that was signed after something had been taken back", logged(BO, 2, fork=1))]:
        yield {"title": title, "section": "leaves", "input": head, "expect": {"leaf": checkpoint.head_leaf(*head.values())}}


def notes():
    whole = witnessed(at(9), BO, CY)
    yield read("nobody but Ada has signed", checkpoint.note(*signed(at(7))))
    yield read("Bo and Cy have signed too", checkpoint.note(*whole))
    yield read("a tree without leaves", checkpoint.note(*signed(at(0))))
    good = checkpoint.note(*whole)
    lines = good.decode().split("\n")

    def changed(number, text):
        return "\n".join([*lines[:number], *([text] if text is not None else []), *lines[number + 1 :]]).encode()

    bo, cy = sorted([5, 6], key=lambda number: lines[number])
    for title, data in [
        ("a size with a zero before it", changed(1, "09")),
        ("a size above 2^48", changed(1, str(2**48 + 1))),
        ("a size of more digits than can be counted", changed(1, "9" * 40)),
        ("a root of 31 bytes", changed(2, base64.b64encode(whole[0][4][:31]).decode())),
        ("a root with its unused bits set", changed(2, lines[2][:-2] + chr(ord(lines[2][-2]) + 1) + "=")),
        ("a line more in the text", changed(2, lines[2] + "\nmore")),
        ("an origin in capitals", changed(0, lines[0].upper())),
        ("another name", changed(0, lines[0].replace("parley", "parsley"))),
        ("an origin without a generation", changed(0, lines[0][:-2])),
        ("a generation with a zero before it", changed(0, lines[0][:-1] + "00")),
        ("a generation above 2^32 - 1", checkpoint.note(*signed(at(7, generation=2**32)))),
        ("the signature of another generation", changed(4, lines[4].replace("/0 ", "/1 "))),
        ("no empty line", changed(3, None)),
        ("no signature", "\n".join([*lines[:4], ""]).encode()),
        ("the signature of the device left out", changed(4, None)),
        ("the id of another key", changed(4, lines[4][:-92] + ("B" if lines[4][-92] == "A" else "A") + lines[4][-91:])),
        ("a witness in another room", changed(5, checkpoint.line(checkpoint.witness_name(bytes(32), BO.device), BO.device, 4, bytes(72))[:-1])),
        ("a witness with a generation", changed(5, checkpoint.line(checkpoint.origin(ROOM, BO.device, 0), BO.device, 4, bytes(72))[:-1])),
        ("the witnesses in another order", "\n".join([*lines[:5], lines[6], lines[5], ""]).encode()),
        ("a witness twice", changed(6, lines[5])),
        ("a signature that is no base64", changed(6, lines[6][:-3] + "*" + lines[6][-2:])),
        ("a signature of 65 bytes", changed(4, checkpoint.line(checkpoint.origin(ROOM, ADA.device, 0), ADA.device, 1, bytes(65))[:-1])),
        ("a time beyond all calendars", changed(5, checkpoint.line(checkpoint.witness_name(ROOM, BO.device), BO.device, 4, b"\xff" * 8 + bytes(64))[:-1])),
        ("a signature of somebody who is no device", changed(6, "— witness.example/w1 " + "A" * 104)),
        ("a hyphen for the dash", changed(6, lines[6].replace("—", "-"))),
        ("a carriage return", changed(1, lines[1] + "\r")),
        ("no newline at the end", good[:-1]),
        ("a newline more at the end", good + b"\n"),
        ("not UTF-8", good.replace("—".encode(), b"\xe2\x80")),
        ("more than 32768 bytes", good + b"x" * 32_768),
    ]:
        yield unread(title, "note", data)


def read(title, data):
    point, signature, given = checkpoint.decode_note(data)
    checkpoint.verify_checkpoint(point, signature, given)
    others = [{"device": device, "time": time, "signature": each} for device, time, each in given]
    expect = {"checkpoint": told(point), "signature": signature, "cosignatures": others}
    return {"title": title, "section": "note", "input": {"note": data}, "steps": {"text": checkpoint.text(*point)}, "expect": expect}


def unread(title, section, data):
    try:
        checkpoint.decode_note(data)
    except ProtocolError as error:
        return {"title": title, "section": section, "input": {"note": data}, "error": error.code}
    raise AssertionError(title)


def signatures():
    point, signature, given = witnessed(at(9), BO, CY)
    other = at(9, OTHER)
    (bo, when, word), cy = given

    def flip(data):
        return bytes([data[0] ^ 1]) + data[1:]

    for title, changed in [
        ("another size", (at(8)[:3] + (10, point[4]), signature, given)),
        ("another root", (other, signature, given)),
        ("one bit of the signature", (point, flip(signature), given)),
        ("a checkpoint that Bo has signed for Ada", (point, checkpoint.sign_checkpoint(point, BO.device_seed), given)),
        ("another time", (point, signature, [(bo, when + 1, word), cy])),
        ("one bit of a cosignature", (point, signature, [(bo, when, flip(word)), cy])),
        ("a cosignature of another checkpoint", (point, signature, [checkpoint.cosign(other, bo, BO.device_seed, when), cy])),
        ("a cosignature that is signed like a checkpoint", (point, signature, [(bo, when, checkpoint.sign_checkpoint(point, BO.device_seed)), cy])),
    ]:
        try:
            checkpoint.verify_checkpoint(*changed)
            raise AssertionError(title)
        except ProtocolError as error:
            yield {"title": title, "section": "verifying", "input": {"note": checkpoint.note(*changed)}, "error": error.code}


def witnessing():
    six, nine = signed(at(6)), signed(at(9))
    grown = merkle.nodes(6, LEAVES[:9])
    yield asked("the first checkpoint that Bo sees of Ada", None, nine, [])
    yield asked("one that grew from what Bo has signed", six, nine, grown)
    yield asked("the same once more", nine, nine, [])
    yield asked("one of Ada that Cy has signed", six, signed(at(9), CY), grown)
    yield asked("one of Bo's own", None, signed(at(6, device=BO.device), BO), [])
    yield asked("one of another room", None, signed(at(6, room=seed(0x44))), [])
    yield asked("one of Cy, against what Bo has signed of Ada", six, signed(at(9, device=CY.device), CY), grown)
    yield asked("one of a later log of Ada, against what Bo has signed of the first", six, signed(at(9, generation=1)), grown)
    yield asked("a smaller one", nine, six, [])
    yield asked("another one of the same size", nine, signed(at(9, OTHER)), [])
    yield asked("a larger one of another history, with nodes of that", six, signed(at(9, OTHER)), merkle.nodes(6, OTHER[:9]))
    eight = signed(at(8))
    yield asked("the same from a power of two", eight, signed(at(9, OTHER)), merkle.nodes(8, OTHER[:9]))
    yield asked("a larger one of another history, with nodes of the old one", six, signed(at(9, OTHER)), grown)
    yield asked("one that grew, without a node", six, nine, grown[1:])
    yield asked("one that grew, with no nodes", six, nine, [])


def asked(title, last, now, nodes):
    given = {
        "last": None if last is None else checkpoint.note(*last),
        "note": checkpoint.note(*now),
        "nodes": nodes,
        "witness": {"room": ROOM, "device": BO.device, "deviceSeed": BO.device_seed},
        "time": TIME,
    }
    case = {"title": title, "section": "witnessing", "input": given}
    try:
        device, time, signature = checkpoint.witness(last, now, nodes, ROOM, BO.device, BO.device_seed, TIME)
    except ProtocolError as error:
        shown = getattr(error, "contradiction", None)
        proof = {} if shown is None else {"steps": {"contradiction": encode(checkpoint.contradiction_to_cbor(*shown))}}
        return {**case, **proof, "error": error.code}
    return {**case, "expect": {"device": device, "time": time, "signature": signature}}


def contradictions():
    def both(smaller, larger, tree=OTHER):
        return checkpoint.contradiction_of(smaller, larger, merkle.nodes(smaller[0][3], tree[: larger[0][3]]))

    good = both(signed(at(6)), signed(at(11, OTHER)))
    yield shown("two checkpoints of one size", checkpoint.contradiction_of(signed(at(9)), signed(at(9, OTHER)), []))
    yield shown("a smaller one, and a larger one of another history", good)
    yield shown("the same where the smaller size is a power of two", both(signed(at(8)), signed(at(11, OTHER))))
    yield shown("a checkpoint of one leaf", both(signed(at(1)), signed(at(21, OTHER))))
    yield shown("one whose tree left out a leaf in the middle", both(signed(at(12)), signed(at(15, LEAVES[:4] + LEAVES[5:])), LEAVES[:4] + LEAVES[5:]))
    smaller, larger, nodes = good

    def flip(data):
        return bytes([data[0] ^ 1]) + data[1:]

    for title, changed in [
        ("one history", both(signed(at(6)), signed(at(11)), LEAVES)),
        ("one checkpoint twice", (smaller, smaller, [])),
        ("the larger one first", (larger, smaller, nodes)),
        ("a smaller one without leaves", (signed(at(0)), larger, nodes)),
        ("one of another device", (signed(at(6, device=BO.device), BO), larger, nodes)),
        ("one of another room", (signed(at(6, room=seed(0x44))), larger, nodes)),
        ("one of a later log", (signed(at(6, generation=1)), larger, nodes)),
        ("one that Bo has signed for Ada", (signed(at(6), BO), larger, nodes)),
        ("one bit of a signature", ((smaller[0], flip(smaller[1])), larger, nodes)),
        ("one bit of the first node", (smaller, larger, [flip(nodes[0]), *nodes[1:]])),
        ("one bit of the last node", (smaller, larger, [*nodes[:-1], flip(nodes[-1])])),
        ("nodes of the smaller history", (smaller, larger, merkle.nodes(6, LEAVES[:11]))),
        ("a node left out", (smaller, larger, nodes[1:])),
        ("a node too many", (smaller, larger, [*nodes, nodes[0]])),
        ("nodes with two checkpoints of one size", (*checkpoint.contradiction_of(signed(at(9)), signed(at(9, OTHER)), []) [:2], nodes)),
    ]:
        yield shown(title, changed)
    point = at(6)
    crowd = checkpoint.note(*witnessed(point, BO))
    for title, value in [
        ("a witness in it", [crowd, checkpoint.note(*larger), nodes]),
        ("97 nodes", [checkpoint.note(*smaller), checkpoint.note(*larger), nodes[:1] * 97]),
        ("a node of 31 bytes", [checkpoint.note(*smaller), checkpoint.note(*larger), [nodes[0][:31], *nodes[1:]]]),
        ("more than 8192 bytes", [checkpoint.note(*smaller), checkpoint.note(*larger), nodes[:1] * 250]),
    ]:
        yield proof(title, encode(value))


def shown(title, contradiction):
    return proof(title, encode(checkpoint.contradiction_to_cbor(*contradiction)))


def proof(title, data):
    case = {"title": title, "section": "contradiction", "input": {"contradiction": data}}
    try:
        checkpoint.verify_contradiction(*checkpoint.decode_contradiction(data))
    except ProtocolError as error:
        return {**case, "error": error.code}
    return {**case, "expect": {"valid": True}}


def policies():
    point, signature, given = witnessed(at(9), DI, BO, CY)
    people = [{"identity": person.identity, "device": person.device} for person in (ADA, BO, CY, DI)]
    laptop = [{"identity": CY.identity if each["device"] == DI.device else each["identity"], "device": each["device"]} for each in people]
    own = [{"identity": ADA.identity if each["device"] == BO.device else each["identity"], "device": each["device"]} for each in people]

    def counted(title, least, witnesses, cosignatures=given):
        note = checkpoint.note(point, signature, cosignatures)
        policy = {"least": least, "author": ADA.identity, "witnesses": witnesses}
        case = {"title": title, "section": "policy", "input": {"note": note, "policy": policy}}
        pairs = [(each["identity"], each["device"]) for each in witnesses]
        try:
            by, since = checkpoint.require_witnesses(point, cosignatures, least, ADA.identity, pairs)
        except ProtocolError as error:
            return {**case, "error": error.code}
        return {**case, "expect": {"by": by, "since": since}}

    yield counted("two of three, and all have signed", 2, people)
    yield counted("three of three", 3, people)
    yield counted("one of three, who has signed", 1, people, given[:1])
    yield counted("two devices of one person are one witness", 2, laptop)
    yield counted("another device of the author does not count", 2, own)
    yield counted("two of three, and one has signed", 2, people, given[:1])
    yield counted("nobody has signed", 1, people, [])
    yield counted("all have signed, and nobody of them is known", 1, people[:1] + [{"identity": CY.identity, "device": seed(9)}])
    yield counted("three of what are two people", 3, laptop)
    yield counted("four of three others", 4, people)
    yield counted("none of three", 0, people)
    yield counted("one, and there is nobody but the author", 1, people[:1])
