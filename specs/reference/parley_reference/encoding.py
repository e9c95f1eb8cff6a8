"""specs/encoding.md: CBOR with one encoding for each value, domains, byte orders."""

import cbor2

from .errors import ProtocolError

MOST_UINT = 2**53 - 1
MOST_TIME = 8_640_000_000_000_000

DOMAINS = {
    "identity": "parley/identity/v1",
    "identityStatement": "parley/identity-statement/v1",
    "deviceAccepts": "parley/device-accepts/v1",
    "recoveryKey": "parley/recovery-key/v1",
    "ownRoom": "parley/own-room/v1",
    "pairingLink": "parley/pairing-link/v1",
    "pairingProof": "parley/pairing-proof/v1",
    "pairingCommitment": "parley/pairing-commitment/v1",
    "pairingCode": "parley/pairing-code/v1",
    "safetyNumber": "parley/safety-number/v1",
    "room": "parley/room/v1",
    "roomSecret": "parley/room-secret/v1",
    "invite": "parley/invite/v1",
    "nextLog": "parley/next-log/v1",
    "link": "parley/link/v1",
    "operation": "parley/operation/v1",
    "log": "parley/log/v1",
    "entry": "parley/entry/v1",
    "entryKey": "parley/entry-key/v1",
    "entryCommitment": "parley/entry-commitment/v1",
    "stepSecret": "parley/step-secret/v1",
    "chainKey": "parley/chain-key/v1",
    "epochCommitment": "parley/epoch-commitment/v1",
    "epochBox": "parley/epoch-box/v1",
    "historyGrant": "parley/history-grant/v1",
    "topic": "parley/topic/v1",
    "channel": "parley/channel/v1",
    "admission": "parley/admission/v1",
    "handshake": "parley/handshake/v1",
    "bundle": "parley/bundle/v1",
    "excerpt": "parley/excerpt/v1",
    "loggedHead": "parley/logged-head/v1",
    "anchoredCheckpoint": "parley/anchored-checkpoint/v1",
    "batchLeaf": "parley/batch-leaf/v1",
    "anchor": "parley/anchor/v1",
    "callOffer": "parley/call-offer/v1",
    "callAnswer": "parley/call-answer/v1",
    "callEmoji": "parley/call-emoji/v1",
    "mediaKey": "parley/media-key/v1",
}


def in_domain(domain, *parts):
    return DOMAINS[domain].encode() + b"\0" + b"".join(parts)


def u8(value):
    return value.to_bytes(1, "big")


def u32(value):
    return value.to_bytes(4, "big")


def u64(value):
    return value.to_bytes(8, "big")


def u64_little(value):
    return value.to_bytes(8, "little")


def encode(value):
    return cbor2.dumps(value, canonical=True)


def decode(data, most_bytes, most_depth=8):
    """The value of `data`, or a ProtocolError if `encode` would not have written just these bytes."""
    if len(data) > most_bytes:
        raise ProtocolError("encoding/too-large", f"{len(data)} of {most_bytes}")
    value, end = _item(data, 0, most_depth, [most_items(len(data))])
    if end != len(data):
        raise ProtocolError("encoding/malformed", "bytes after the value")
    return value


def most_items(length):
    return length // 8 + 64


def _item(data, at, depth_left, items_left):
    """`items_left`: one number, which each item takes one from."""
    major, info, argument, at = _head(data, at)
    if items_left[0] == 0:
        raise ProtocolError("encoding/too-large", "too many items")
    items_left[0] -= 1
    if major == 0:
        return argument, at
    if major in (2, 3):
        if at + argument > len(data):
            raise ProtocolError("encoding/malformed", "ends too early")
        content = data[at : at + argument]
        return (content if major == 2 else _text(content)), at + argument
    if major == 4:
        if depth_left == 0:
            raise ProtocolError("encoding/too-deep")
        items = []
        for _ in range(argument):
            item, at = _item(data, at, depth_left - 1, items_left)
            items.append(item)
        return items, at
    return {20: False, 21: True, 22: None}[info], at


def _head(data, at):
    if at >= len(data):
        raise ProtocolError("encoding/malformed", "ends too early")
    major, info = data[at] >> 5, data[at] & 31
    at += 1
    if info >= 28:
        raise ProtocolError("encoding/malformed", "indefinite or reserved length")
    argument = info
    if info >= 24:
        width = 1 << (info - 24)
        if at + width > len(data):
            raise ProtocolError("encoding/malformed", "ends too early")
        argument = int.from_bytes(data[at : at + width], "big")
        at += width
    if major in (1, 5, 6) or (major == 7 and info not in (20, 21, 22)):
        raise ProtocolError("encoding/not-canonical", "a kind of value that is not used here")
    if info >= 24 and argument < {24: 24, 25: 2**8, 26: 2**16, 27: 2**32}[info]:
        raise ProtocolError("encoding/not-canonical", "a longer argument than necessary")
    if major == 0 and argument > MOST_UINT:
        raise ProtocolError("encoding/not-canonical", "a number above 2^53 - 1")
    return major, info, argument, at


def _text(content):
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise ProtocolError("encoding/not-canonical", "not UTF-8") from None
    if text.startswith("\ufeff"):
        raise ProtocolError("encoding/not-canonical", "a byte order mark")
    return text


def _wrong(want):
    return ProtocolError("encoding/unexpected-type", f"{want} expected")


def as_array(value, length=None, most=None):
    if not isinstance(value, list) or (length is not None and len(value) != length) or (most is not None and len(value) > most):
        raise _wrong(f"an array of {length if most is None else most}")
    return value


def as_bytes(value, length=None, most=None):
    if not isinstance(value, bytes) or (length is not None and len(value) != length) or (most is not None and len(value) > most):
        raise _wrong(f"{length if most is None else most} bytes")
    return value


def as_uint(value, most=MOST_UINT):
    if type(value) is not int or value > most:
        raise _wrong(f"a number up to {most}")
    return value


def as_bool(value):
    if type(value) is not bool:
        raise _wrong("true or false")
    return value


def as_time(value):
    return as_uint(value, MOST_TIME)


def as_text(value, most):
    if not isinstance(value, str) or len(value.encode()) > most:
        raise _wrong(f"at most {most} bytes of text")
    return value
