SPEC = "entry.md"
NOTE = "Ada's blocks at their places. Each broken case is the good one with one thing changed."

from parley_reference import entry
from parley_reference.encoding import encode
from parley_reference.errors import ProtocolError
from parley_reference.primitives import seal
from parley_reference.room import class_key as class_key_of

from .cast import ROOM, SECRETS, START, Writer, ADA, BO, seed

LOG, OTHER = Writer(ADA).key, Writer(BO).key
SALT = seed(0x51)[:16]
HEADER = {"kind": "message-sent", "time": START, "depth": 3, "heads": [(OTHER, 1, seed(0x52))]}
BODY = encode(["Hello, Bo."])
PLACE = {"room": ROOM, "log": LOG, "index": 2}


def cases():
    yield good("a message", "message", HEADER, BODY)
    yield good("an entry of class authority", "authority", {**HEADER, "kind": "name-changed"}, encode(["Ada L."]))
    yield good("an entry of class call", "call", {**HEADER, "kind": "call-ended"}, encode([bytes(16), "hung-up"]))
    yield good("an entry of class epoch", "epoch", {**HEADER, "kind": "later"}, b"")
    yield good("nothing cited, an empty body", "message", {**HEADER, "heads": []}, b"")
    yield good("the greatest numbers", "message", {**HEADER, "time": 8_640_000_000_000_000, "depth": 2**48}, BODY)
    yield from broken()


def good(title, entry_class, header, body):
    data, class_key = entry.encode_header(header), class_key_of(SECRETS, entry_class)
    keys = entry.entry_keys(class_key, LOG, PLACE["index"], SALT)
    block = entry.seal_entry(**PLACE, entry_class=entry_class, header=data, body=body, class_key=class_key, salt=SALT)
    assert entry.open_entry(block, *PLACE.values(), keys) == (entry_class, {**header, "heads": list(header["heads"])}, body)
    clear = block[: entry.FRAME]
    return {
        "title": title,
        "section": "format",
        "input": {**PLACE, "classKey": class_key, "salt": SALT, "class": entry_class, "header": shown(header), "body": body},
        "steps": {
            "headerKey": keys[0],
            "bodyKey": keys[1],
            "commitment": entry.commitment(keys),
            "headerPlaintext": data,
            "frame": clear,
            "sealedHeader": block[entry.FRAME : entry.FRAME + len(data) + entry.TAG],
            "sealedBody": block[entry.FRAME + len(data) + entry.TAG :],
        },
        "expect": {"block": block},
    }


def shown(header):
    return {**header, "heads": [{"log": log, "length": length, "treeHash": hashed} for log, length, hashed in header["heads"]]}


def broken():
    class_key = SECRETS["content"]
    keys = entry.entry_keys(class_key, LOG, 2, SALT)
    header = entry.encode_header(HEADER)

    def block(header_bytes=header, body=BODY):
        return entry.seal_entry(**PLACE, entry_class="message", header=header_bytes, body=body, class_key=class_key, salt=SALT)

    whole = block()
    end = entry.FRAME + len(header) + entry.TAG

    def put(at, data):
        return whole[:at] + data + whole[at + len(data) :]

    def flip(at):
        return put(at, bytes([whole[at] ^ 1]))

    def citing(*heads):
        return entry.encode_header({**HEADER, "heads": heads})

    cite = HEADER["heads"][0]
    one_key_twice = commit_to_other(whole, keys)
    for title, change, code in [
        ("94 bytes, one too few for a frame and two tags", {"block": whole[:94]}, "entry/frame"),
        ("a block of 256 KiB and one byte", {"block": "zeros", "length": 262_145}, "encoding/too-large"),
        ("version 2", {"block": put(0, b"\x02")}, "entry/version"),
        ("suite 2", {"block": put(1, b"\x02")}, "entry/version"),
        ("suite 1, for which the room is not made", {"block": put(1, b"\x01")}, "entry/suite"),
        ("class ephemeral, which suite 0 has not", {"block": put(2, b"\x04")}, "entry/suite"),
        ("class 5", {"block": put(2, b"\x05")}, "entry/frame"),
        ("a header shorter than its tag", {"block": put(59, entry.u32(15))}, "entry/frame"),
        ("a header longer than 8 KiB", {"block": put(59, entry.u32(8_193))}, "entry/frame"),
        ("a header that leaves no room for the body's tag", {"block": put(59, entry.u32(len(whole) - 63 - 15))}, "entry/frame"),
        ("another header key", {"keys": [seed(1), keys[1]]}, "entry/commitment"),
        ("another body key", {"keys": [keys[0], seed(1)]}, "entry/commitment"),
        ("the two keys in the other order", {"keys": [keys[1], keys[0]]}, "entry/commitment"),
        ("the keys of the next place", {"keys": entry.entry_keys(class_key, LOG, 3, SALT)}, "entry/commitment"),
        ("another commitment", {"block": flip(27)}, "entry/commitment"),
        ("another salt in the frame", {"block": flip(11)}, "entry/sealed"),
        ("another class in the frame", {"block": put(2, b"\x02")}, "entry/sealed"),
        ("another epoch in the frame", {"block": flip(6)}, "entry/sealed"),
        ("another step in the frame", {"block": flip(10)}, "entry/sealed"),
        ("a header length one greater", {"block": put(59, entry.u32(len(header) + 17))}, "entry/sealed"),
        ("one bit of the sealed header", {"block": flip(entry.FRAME)}, "entry/sealed"),
        ("one bit of the sealed body", {"block": flip(end)}, "entry/sealed"),
        ("without the last byte", {"block": whole[:-1]}, "entry/sealed"),
        ("one byte more", {"block": whole + b"\0"}, "entry/sealed"),
        ("at another index", {"index": 3}, "entry/sealed"),
        ("in another log", {"log": OTHER}, "entry/sealed"),
        ("in another room", {"room": seed(9)}, "entry/sealed"),
        ("a header and a body that changed places", {"block": swapped(class_key)}, "entry/sealed"),
        ("a second body under the same commitment", {"block": one_key_twice[0], "keys": one_key_twice[1]}, "entry/commitment"),
        ("a header that is no CBOR", {"block": block(b"\xff")}, "entry/header"),
        ("a header of three fields", {"block": block(encode(["message-sent", START, 3]))}, "entry/header"),
        ("a kind of 65 bytes", {"block": block(entry.encode_header({**HEADER, "kind": "k" * 65}))}, "entry/header"),
        ("a kind of 33 characters and 66 bytes", {"block": block(entry.encode_header({**HEADER, "kind": "é" * 33}))}, "entry/header"),
        ("a time later than calendars go", {"block": block(entry.encode_header({**HEADER, "time": 8_640_000_000_000_001}))}, "entry/header"),
        ("a depth above 2^48", {"block": block(entry.encode_header({**HEADER, "depth": 2**48 + 1}))}, "entry/header"),
        ("65 citations", {"block": block(citing(*[(bytes([n]) * 32, 1, bytes(32)) for n in range(65)]))}, "entry/header"),
        ("a citation without a tree hash", {"block": block(citing(cite[:2]))}, "entry/header"),
        ("a citation of a key of 31 bytes", {"block": block(citing((cite[0][:31], *cite[1:])))}, "entry/header"),
    ]:
        case = {**PLACE, "keys": keys, "block": whole, **change}
        expect_code(case, code, title)
        yield {"title": title, "section": "verifying", "input": case, "error": code}


def swapped(class_key):
    """Sealed with the keys and associated data of the other part."""
    keys = entry.entry_keys(class_key, LOG, 2, SALT)
    header = entry.encode_header(HEADER)
    clear = entry.frame("message", SALT, entry.commitment(keys), len(BODY) + 16)
    return clear + seal(keys[1], BODY, entry.associated(*PLACE.values(), 1, clear)) + seal(keys[0], header, entry.associated(*PLACE.values(), 0, clear))


def commit_to_other(whole, keys):
    """The author hands out another body key, with which another body opens: the frame commits to the first."""
    other = [keys[0], seed(2)]
    end = entry.FRAME + int.from_bytes(whole[59:63], "big")
    return whole[:end] + seal(other[1], encode(["Good-bye, Bo."]), entry.associated(*PLACE.values(), 1, whole[: entry.FRAME])), other


def expect_code(case, code, title):
    block = bytes(case["length"]) if case["block"] == "zeros" else case["block"]
    try:
        entry.open_entry(block, case["room"], case["log"], case["index"], case["keys"])
    except ProtocolError as error:
        assert error.code == code, (title, error.code)
    else:
        raise AssertionError(title)
