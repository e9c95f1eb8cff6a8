"""specs/entry.md: a clear frame, a sealed header, a sealed body."""

from .encoding import as_array, as_bytes, as_text, as_time, as_uint, decode, encode, in_domain, u8, u32, u64
from .errors import ProtocolError
from .primitives import expand, open_sealed, seal, sha256

CLASSES = ["authority", "message", "call", "epoch", "ephemeral"]
FRAME = 63
TAG = 16
MOST_BLOCK_BYTES = 262_144
MOST_HEADER_BYTES = 8_192
MOST_KIND_BYTES = 64
MOST_CITATIONS = 64
MOST_DEPTH = 2**48


def entry_keys(class_key, log, index, salt):
    return keys_from([class_key, class_key], log, index, salt)


def keys_from(secrets, log, index, salt):
    """`secrets`: of the header and of the body."""
    return [expand(secrets[part], in_domain("entryKey", log, u64(index), u8(part), salt)) for part in (0, 1)]


def suite_of(entry_class, room_suite):
    """The suite that a class has in a room, or None if there is no such class in it."""
    if entry_class in ("authority", "epoch"):
        return 0
    return None if entry_class == "ephemeral" and room_suite == 0 else room_suite


def padded_length(length):
    sizes = [64, 128, 256, 512] + [1024 * count for count in range(1, 257)]
    return min(size for size in sizes if size > length)


def pad(plaintext):
    return plaintext + b"\x80" + bytes(padded_length(len(plaintext)) - len(plaintext) - 1)


def unpad(padded):
    marked = padded.rstrip(b"\0")
    if not marked.endswith(b"\x80") or pad(marked[:-1]) != padded:
        raise ProtocolError("entry/padding")
    return marked[:-1]


def commitment(keys):
    return commitment_of(sha256(keys[0]), sha256(keys[1]))


def commitment_of(header_key_hash, body_key_hash):
    return sha256(in_domain("entryCommitment", header_key_hash, body_key_hash))


def encode_header(header):
    return encode([header["kind"], header["time"], header["depth"], [list(each) for each in header["heads"]]])


def frame(entry_class, salt, committed, header_length, suite=0, epoch=0, step=0):
    return b"\x01" + u8(suite) + u8(CLASSES.index(entry_class)) + u32(epoch) + u32(step) + salt + committed + u32(header_length)


def associated(room, log, index, part, clear):
    return in_domain("entry", room, log, u64(index), u8(part), clear)


def seal_entry(room, log, index, entry_class, header, body, class_key, salt):
    """`header`: its plaintext bytes."""
    return seal_with(room, log, index, entry_class, header, body, entry_keys(class_key, log, index, salt), salt)


def seal_with(room, log, index, entry_class, header, body, keys, salt, suite=0, epoch=0, step=0):
    """`header` and `body`: what is sealed as it is, padded already where the suite pads."""
    clear = frame(entry_class, salt, commitment(keys), len(header) + TAG, suite, epoch, step)
    return clear + seal(keys[0], header, associated(room, log, index, 0, clear)) + seal(keys[1], body, associated(room, log, index, 1, clear))


def read_frame(block, room_suite=0):
    if len(block) > MOST_BLOCK_BYTES:
        raise ProtocolError("encoding/too-large")
    if len(block) < FRAME + 2 * TAG:
        raise ProtocolError("entry/frame", "too short")
    if block[0] != 1 or block[1] > 1:
        raise ProtocolError("entry/version", f"version {block[0]}, suite {block[1]}")
    if block[2] >= len(CLASSES):
        raise ProtocolError("entry/frame", "an unknown class")
    if block[1] != suite_of(CLASSES[block[2]], room_suite):
        raise ProtocolError("entry/suite", f"{CLASSES[block[2]]} in suite {block[1]}")
    length = int.from_bytes(block[59:63], "big")
    if length < TAG or length > MOST_HEADER_BYTES or FRAME + length + TAG > len(block):
        raise ProtocolError("entry/frame", "the header does not fit")
    epoch, step = [int.from_bytes(block[at : at + 4], "big") for at in (3, 7)]
    place = {"suite": block[1], "class": CLASSES[block[2]], "epoch": epoch, "step": step}
    return {**place, "salt": block[11:27], "commitment": block[27:59], "headerLength": length}


def open_entry(block, room, log, index, keys, room_suite=0):
    """(class, header, body) of the block at this place."""
    clear = read_frame(block, room_suite)
    if commitment(keys) != clear["commitment"]:
        raise ProtocolError("entry/commitment")
    end = FRAME + clear["headerLength"]
    header = open_sealed(keys[0], block[FRAME:end], associated(room, log, index, 0, block[:FRAME]))
    body = open_sealed(keys[1], block[end:], associated(room, log, index, 1, block[:FRAME]))
    if header is None or body is None:
        raise ProtocolError("entry/sealed")
    return clear["class"], decode_header(plain(header, clear)), plain(body, clear)


def plain(opened, clear):
    return unpad(opened) if clear["suite"] == 1 else opened


def open_header(block, room, log, index, header_key, body_key_hash, room_suite=0):
    """(class, header) of the block at this place, whose body is withheld."""
    if commitment_of(sha256(header_key), body_key_hash) != read_frame(block, room_suite)["commitment"]:
        raise ProtocolError("entry/commitment")
    return open_own_header(block, room, log, index, header_key, room_suite)


def open_own_header(block, room, log, index, header_key, room_suite=0):
    """The same with a key that was derived from a secret that its author committed to elsewhere."""
    clear = read_frame(block, room_suite)
    sealed = block[FRAME : FRAME + clear["headerLength"]]
    header = open_sealed(header_key, sealed, associated(room, log, index, 0, block[:FRAME]))
    if header is None:
        raise ProtocolError("entry/sealed")
    return clear["class"], decode_header(plain(header, clear))


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
