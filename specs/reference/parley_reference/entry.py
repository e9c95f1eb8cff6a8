"""specs/entry.md: a clear frame, a sealed header, a sealed body."""

from .encoding import as_array, as_bytes, as_text, as_time, as_uint, decode, encode, in_domain, u8, u32, u64
from .errors import ProtocolError
from .primitives import expand, open_sealed, seal, sha256

CLASSES = ["authority", "message", "call", "epoch"]
FRAME = 63
TAG = 16
MOST_BLOCK_BYTES = 262_144
MOST_HEADER_BYTES = 8_192
MOST_KIND_BYTES = 64
MOST_CITATIONS = 64
MOST_DEPTH = 2**48


def entry_keys(class_key, log, index, salt):
    return [expand(class_key, in_domain("entryKey", log, u64(index), u8(part), salt)) for part in (0, 1)]


def commitment(keys):
    return commitment_of(sha256(keys[0]), sha256(keys[1]))


def commitment_of(header_key_hash, body_key_hash):
    return sha256(in_domain("entryCommitment", header_key_hash, body_key_hash))


def encode_header(header):
    return encode([header["kind"], header["time"], header["depth"], [list(each) for each in header["heads"]]])


def frame(entry_class, salt, committed, header_length):
    return b"\x01\x00" + u8(CLASSES.index(entry_class)) + u32(0) + u32(0) + salt + committed + u32(header_length)


def associated(room, log, index, part, clear):
    return in_domain("entry", room, log, u64(index), u8(part), clear)


def seal_entry(room, log, index, entry_class, header, body, class_key, salt):
    """`header`: its plaintext bytes."""
    keys = entry_keys(class_key, log, index, salt)
    clear = frame(entry_class, salt, commitment(keys), len(header) + TAG)
    return clear + seal(keys[0], header, associated(room, log, index, 0, clear)) + seal(keys[1], body, associated(room, log, index, 1, clear))


def read_frame(block):
    if len(block) > MOST_BLOCK_BYTES:
        raise ProtocolError("encoding/too-large")
    if len(block) < FRAME + 2 * TAG:
        raise ProtocolError("entry/frame", "too short")
    if block[0] != 1 or block[1] != 0:
        raise ProtocolError("entry/version", f"version {block[0]}, suite {block[1]}")
    if block[2] >= len(CLASSES):
        raise ProtocolError("entry/frame", "an unknown class")
    length = int.from_bytes(block[59:63], "big")
    if length < TAG or length > MOST_HEADER_BYTES or FRAME + length + TAG > len(block):
        raise ProtocolError("entry/frame", "the header does not fit")
    return {"class": CLASSES[block[2]], "salt": block[11:27], "commitment": block[27:59], "headerLength": length}


def open_entry(block, room, log, index, keys):
    """(class, header, body) of the block at this place."""
    clear = read_frame(block)
    if commitment(keys) != clear["commitment"]:
        raise ProtocolError("entry/commitment")
    end = FRAME + clear["headerLength"]
    header = open_sealed(keys[0], block[FRAME:end], associated(room, log, index, 0, block[:FRAME]))
    body = open_sealed(keys[1], block[end:], associated(room, log, index, 1, block[:FRAME]))
    if header is None or body is None:
        raise ProtocolError("entry/sealed")
    return clear["class"], decode_header(header), body


def open_header(block, room, log, index, header_key, body_key_hash):
    """(class, header) of the block at this place, whose body is withheld."""
    clear = read_frame(block)
    if commitment_of(sha256(header_key), body_key_hash) != clear["commitment"]:
        raise ProtocolError("entry/commitment")
    sealed = block[FRAME : FRAME + clear["headerLength"]]
    header = open_sealed(header_key, sealed, associated(room, log, index, 0, block[:FRAME]))
    if header is None:
        raise ProtocolError("entry/sealed")
    return clear["class"], decode_header(header)


def decode_header(data):
    try:
        kind, time, depth, heads = as_array(decode(data, MOST_HEADER_BYTES), 4)
        citations = []
        for item in as_array(heads, most=MOST_CITATIONS):
            log, length, hashed = as_array(item, 3)
            citations.append((as_bytes(log, 32), as_uint(length), as_bytes(hashed, 32)))
        return {"kind": as_text(kind, MOST_KIND_BYTES), "time": as_time(time), "depth": as_uint(depth, MOST_DEPTH), "heads": citations}
    except ProtocolError as error:
        raise ProtocolError("entry/header", str(error)) from None
