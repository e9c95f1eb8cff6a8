"""specs/fan-out.md: what nodes send each other in a call by fan-out."""

from .errors import ProtocolError

LARGEST = 1500
LAYERS = ["audio", "small", "medium", "large"]
KINDS = ["media", "announcement", "wish", "missing", "key-frame", "clock"]
MOST_MISSING = 64


def encode(call, message):
    kind = message["type"]
    return call[:4] + bytes([0xC0 + KINDS.index(kind)]) + BODIES[kind](message)


def layer_number(message):
    return LAYERS.index(message["layer"])


def media(message):
    head = bytes([layer_number(message), int(message["marker"]), 0])
    return head + message["sequence"].to_bytes(2, "big") + message["timestamp"].to_bytes(4, "big") + message["payload"]


def announcement(message):
    return message["session"] + bytes([sum(1 << LAYERS.index(layer) for layer in message["layers"])])


def wish(message):
    return bytes([LAYERS.index(message["picture"]) if message["picture"] else 0])


def missing(message):
    return bytes([layer_number(message)]) + b"".join(each.to_bytes(2, "big") for each in message["sequences"])


def clock(message):
    return bytes([layer_number(message)]) + int(message["time"]).to_bytes(8, "big") + message["timestamp"].to_bytes(4, "big")


BODIES = {
    "media": media,
    "announcement": announcement,
    "wish": wish,
    "missing": missing,
    "key-frame": lambda message: bytes([layer_number(message)]),
    "clock": clock,
}


def decode(call, datagram):
    """The message. There is one way to write each: what is written otherwise is refused."""
    try:
        kind = KINDS[datagram[4] - 0xC0] if datagram[4] >= 0xC0 else None
        message = {"type": kind, **READERS[kind](datagram[5:])}
        if len(datagram) <= LARGEST and encode(call, message) == datagram:
            return message
    except (IndexError, KeyError, ValueError):
        pass
    raise ProtocolError("fan-out/form")


def read_layer(body, *allowed):
    layer = LAYERS[body[0]]
    if layer not in (allowed or LAYERS):
        raise ValueError
    return {"layer": layer}


def read_media(body):
    if len(body) < 10 or body[1] > 1:
        raise ValueError
    numbers = {"sequence": int.from_bytes(body[3:5], "big"), "timestamp": int.from_bytes(body[5:9], "big")}
    return {**read_layer(body), "marker": body[1] == 1, **numbers, "payload": body[9:]}


def read_announcement(body):
    return {"session": body[:16], "layers": [layer for number, layer in enumerate(LAYERS) if body[16] >> number & 1]}


def read_missing(body):
    count = (len(body) - 1) // 2
    if not 1 <= count <= MOST_MISSING:
        raise ValueError
    return {**read_layer(body), "sequences": [int.from_bytes(body[1 + 2 * i : 3 + 2 * i], "big") for i in range(count)]}


READERS = {
    "media": read_media,
    "announcement": read_announcement,
    "wish": lambda body: {"picture": LAYERS[body[0]] if body[0] else None},
    "missing": read_missing,
    "key-frame": lambda body: read_layer(body, "small", "medium", "large"),
    "clock": lambda body: {**read_layer(body), "time": str(int.from_bytes(body[1:9], "big")), "timestamp": int.from_bytes(body[9:13], "big")},
}
