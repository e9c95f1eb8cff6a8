SPEC = "fan-out.md"
NOTE = "What Ada's node sends to Bo's. The call's id and the session are made from seeds."

from parley_reference import fan_out
from parley_reference.errors import ProtocolError

from .cast import seed

CALL = seed(0x71)[:16]
SESSION = seed(0x76)[:16]
PICTURE = {"type": "media", "layer": "medium", "marker": True, "sequence": 65_535, "timestamp": 4_294_967_295, "payload": bytes.fromhex("10b1010031")}


def cases():
    for title, message in [
        ("the end of a picture", PICTURE),
        ("a voice", {**PICTURE, "layer": "audio", "marker": False, "sequence": 1, "timestamp": 960, "payload": b"\x31sealed"}),
        ("as much as fits", {**PICTURE, "payload": bytes(1486)}),
        ("an announcement of all layers", {"type": "announcement", "session": SESSION, "layers": fan_out.LAYERS}),
        ("an announcement before anything was sent", {"type": "announcement", "session": SESSION, "layers": []}),
        ("a wish for the large picture", {"type": "wish", "picture": "large"}),
        ("a wish for the voice alone", {"type": "wish", "picture": None}),
        ("three packets that did not come", {"type": "missing", "layer": "small", "sequences": [65_535, 0, 7]}),
        ("as many as may be asked for", {"type": "missing", "layer": "audio", "sequences": list(range(64))}),
        ("a key frame, please", {"type": "key-frame", "layer": "small"}),
        ("the time of a voice", {"type": "clock", "layer": "audio", "time": str(0xEB1B2C3D80000000), "timestamp": 48_000}),
    ]:
        datagram = fan_out.encode(CALL, message)
        assert fan_out.decode(CALL, datagram) == message
        yield {"title": title, "section": "format", "input": {"call": CALL, "message": message}, "expect": {"datagram": datagram}}
    yield from broken()


def broken():
    whole = fan_out.encode(CALL, PICTURE)

    def put(at, data):
        return whole[:at] + data + whole[at + len(data) :]

    short = lambda kind, body: CALL[:4] + bytes([0xC0 + fan_out.KINDS.index(kind)]) + body
    for title, datagram in [
        ("nothing", b""),
        ("the bytes of the call alone", whole[:4]),
        ("of another call", seed(0x74)[:4] + whole[4:]),
        ("a packet of a browser", put(4, b"\x80")),
        ("of a kind that there is not", put(4, b"\xc6")),
        ("of a layer that there is not", put(5, b"\x04")),
        ("an unknown flag", put(6, b"\x02")),
        ("of another source", put(7, b"\x01")),
        ("without anything in it", whole[:14]),
        ("1,501 bytes", whole[:14] + bytes(1487)),
        ("an announcement of a layer that there is not", short("announcement", SESSION + b"\x10")),
        ("an announcement that ends early", short("announcement", SESSION)),
        ("an announcement with a byte behind it", short("announcement", SESSION + b"\x01\x00")),
        ("a wish for a picture that there is not", short("wish", b"\x04")),
        ("a wish for nothing", short("wish", b"")),
        ("nothing that did not come", short("missing", b"\x01")),
        ("half a number", short("missing", b"\x01\x00\x01\x00")),
        ("65 packets that did not come", short("missing", b"\x01" + bytes(130))),
        ("a key frame of a voice", short("key-frame", b"\x00")),
        ("a time that ends early", short("clock", bytes(12))),
    ]:
        try:
            fan_out.decode(CALL, datagram)
        except ProtocolError as error:
            yield {"title": title, "section": "format", "input": {"call": CALL, "datagram": datagram}, "error": error.code}
            continue
        raise AssertionError(title)
