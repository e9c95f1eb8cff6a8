"""specs/checkpoint.md: what a device had logged, who has witnessed it, and what shows that it told two histories."""

import base64
import re

from . import merkle
from .encoding import as_array, as_bytes, decode, in_domain, u64
from .errors import ProtocolError
from .primitives import sha256, sign, verify

MOST_NOTE_BYTES = 32_768
MOST_CONTRADICTION_BYTES = 8_192
MOST_TIME = (2**53 - 1) // 1000


def head_leaf(log, fork, length, tree_hash, signature):
    return merkle.leaf_hash(in_domain("loggedHead", log, u64(fork), u64(length), tree_hash, signature))


def witness_name(room, device):
    return f"parley/{room.hex()}/{device.hex()}"


def origin(room, device, generation):
    return f"{witness_name(room, device)}/{generation}"


def text(room, device, generation, size, root):
    return f"{origin(room, device, generation)}\n{size}\n{base64.b64encode(root).decode()}\n"


def cosignable(checkpoint, time):
    return f"cosignature/v1\ntime {time}\n{text(*checkpoint)}".encode()


def key_id(name, algorithm, key):
    return sha256(name.encode() + b"\n" + bytes([algorithm]) + key)[:4]


def line(name, device, algorithm, data):
    encoded = base64.b64encode(key_id(name, algorithm, device) + data).decode()
    return f"— {name} {encoded}\n"


def note(checkpoint, signature, cosignatures=()):
    """`cosignatures`: (device, time, signature) each."""
    room, device, generation = checkpoint[:3]
    lines = [line(origin(room, device, generation), device, 1, signature)]
    lines += [line(witness_name(room, other), other, 4, u64(time) + given) for other, time, given in cosignatures]
    return (text(*checkpoint) + "\n" + "".join(lines)).encode()


def sign_checkpoint(checkpoint, seed):
    return sign(text(*checkpoint).encode(), seed)


def cosign(checkpoint, device, seed, time):
    return device, time, sign(cosignable(checkpoint, time), seed)


def decode_note(data):
    """((room, device, generation, size, root), signature, cosignatures)."""
    if len(data) > MOST_NOTE_BYTES:
        raise _wrong("too large")
    try:
        found = _parse(data.decode())
    except (UnicodeDecodeError, ValueError, AttributeError, TypeError):
        raise _wrong("not of its form") from None
    if note(*found) != data or found[0][3] > merkle.MOST_SIZE or found[0][2] >= 2**32:
        raise _wrong("not the one encoding")
    devices = [device for device, _, _ in found[2]]
    if devices != sorted(set(devices)) or len(devices) > 127 or any(time > MOST_TIME for _, time, _ in found[2]):
        raise _wrong("cosignatures")
    return found


NAME = r"parley/([0-9a-f]{64})/([0-9a-f]{64})"
ORIGIN = rf"{NAME}/(0|[1-9][0-9]*)"


def _parse(whole):
    match = re.fullmatch(rf"{ORIGIN}\n(0|[1-9][0-9]*)\n([^\n]+)\n\n((?:— [^\n]+\n)+)", whole)
    room, device, generation, size, root, lines = match.groups()
    checkpoint = (bytes.fromhex(room), bytes.fromhex(device), int(generation), int(size), base64.b64decode(root, validate=True))
    first, *others = lines[:-1].split("\n")
    signature = base64.b64decode(re.fullmatch(rf"— {ORIGIN} (\S+)", first)[4], validate=True)[4:]
    if len(signature) != 64 or len(checkpoint[4]) != 32:
        raise ValueError
    cosignatures = []
    for _, witness, encoded in (re.fullmatch(rf"— {NAME} (\S+)", each).groups() for each in others):
        raw = base64.b64decode(encoded, validate=True)[4:]
        if len(raw) != 72:
            raise ValueError
        cosignatures.append((bytes.fromhex(witness), int.from_bytes(raw[:8], "big"), raw[8:]))
    return checkpoint, signature, cosignatures


def _wrong(detail):
    return ProtocolError("checkpoint/form", detail)


def verify_checkpoint(checkpoint, signature, cosignatures=()):
    if not verify(signature, text(*checkpoint).encode(), checkpoint[1]):
        raise ProtocolError("checkpoint/signature")
    for device, time, given in cosignatures:
        if not verify(given, cosignable(checkpoint, time), device):
            raise ProtocolError("checkpoint/cosignature")


def witness(last, asked, nodes, room, device, seed, time):
    """`last`, `asked`: (checkpoint, signature). The cosignature, or a ProtocolError with `contradiction` where there is one."""
    checkpoint, signature = asked
    if checkpoint[0] != room or checkpoint[1] == device:
        raise ProtocolError("witness/own")
    verify_checkpoint(checkpoint, signature)
    if last is not None:
        _require_grown(last, asked, nodes)
    return cosign(checkpoint, device, seed, time)


def _require_grown(last, asked, nodes):
    (before, _), (now, _) = last, asked
    if before[:3] != now[:3]:
        raise ProtocolError("checkpoint/origin")
    if now[3] < before[3]:
        raise ProtocolError("witness/older")
    try:
        merkle.verify_consistency(*before[3:], *now[3:], nodes)
    except ProtocolError:
        raise _refusal(last, asked, [] if before[3] == now[3] else nodes) from None


def _refusal(last, asked, nodes):
    contradiction = contradiction_of(last, asked, nodes)
    try:
        verify_contradiction(*contradiction)
    except ProtocolError:
        return ProtocolError("witness/proof")
    error = ProtocolError("witness/contradiction")
    error.contradiction = contradiction
    return error


def contradiction_of(one, other, nodes):
    smaller, larger = sorted([one, other], key=lambda signed: signed[0][3:])
    return smaller, larger, nodes


def verify_contradiction(smaller, larger, nodes):
    (before, _), (now, _) = smaller, larger
    if before[:3] != now[:3]:
        raise ProtocolError("checkpoint/origin")
    if before[3] == 0 or before[3:] > now[3:]:
        raise ProtocolError("checkpoint/form")
    if before[3:] == now[3:]:
        raise ProtocolError("checkpoint/agree")
    verify_checkpoint(*smaller)
    verify_checkpoint(*larger)
    if before[3] == now[3]:
        if nodes:
            raise ProtocolError("checkpoint/form")
        return
    root_before, root_now = merkle.roots_from(before[3], now[3], nodes)
    if root_now != now[4]:
        raise ProtocolError("checkpoint/tree")
    if root_before == before[4]:
        raise ProtocolError("checkpoint/agree")


def contradiction_to_cbor(smaller, larger, nodes):
    return [note(*smaller), note(*larger), nodes]


def decode_contradiction(data):
    smaller, larger, nodes = as_array(decode(data, MOST_CONTRADICTION_BYTES), 3)
    notes = [decode_note(as_bytes(each, most=MOST_CONTRADICTION_BYTES)) for each in (smaller, larger)]
    if any(cosignatures for _, _, cosignatures in notes):
        raise ProtocolError("checkpoint/form")
    (before, now) = [(checkpoint, signature) for checkpoint, signature, _ in notes]
    return before, now, [as_bytes(each, 32) for each in as_array(nodes, most=96)]


def require_witnesses(checkpoint, cosignatures, least, author, witnesses):
    """`witnesses`: (identity, device) each. (people by their earliest word, since when)."""
    others = {device: identity for identity, device in witnesses if identity != author and device != checkpoint[1]}
    people = set(others.values())
    if not 1 <= least <= len(people):
        raise ProtocolError("witness/policy")
    said = [(min(time for device, time, _ in cosignatures if others.get(device) == person), person) for person in people if any(others.get(device) == person for device, _, _ in cosignatures)]
    if len(said) < least:
        raise ProtocolError("witness/quorum")
    said.sort()
    return [{"identity": identity, "time": time} for time, identity in said], said[least - 1][0]
