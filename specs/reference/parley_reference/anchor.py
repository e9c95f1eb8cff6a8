"""specs/anchor.md: batches, OpenTimestamps proofs, and blocks of Bitcoin's form."""

import hashlib

from . import checkpoint as checkpoints
from . import evm, merkle
from .encoding import as_array, as_bytes, as_text, as_uint, decode, in_domain, u64
from .errors import ProtocolError
from .keccak import keccak256
from .primitives import sha256

MOST_PROOF_BYTES = 524_288
OTS_START = b"\x00OpenTimestamps\x00\x00Proof\x00" + bytes.fromhex("bf89e2e884e89294") + b"\x01\x08"
BLOCK_TAGS = {bytes.fromhex("0588960d73d71901"): "bitcoin", bytes.fromhex("06869a0d73d71b45"): "litecoin"}
PENDING_TAG = bytes.fromhex("83dfe30d2ef90c8e")
URI = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._/:")
UNARY = {
    0x02: lambda message: hashlib.sha1(message).digest(),
    0x03: lambda message: hashlib.new("ripemd160", message).digest(),
    0x08: sha256,
    0x67: keccak256,
    0xF2: lambda message: message[::-1],
    0xF3: lambda message: message.hex().encode(),
}


def commitment(point, signature):
    return sha256(in_domain("anchoredCheckpoint", signature, checkpoints.text(*point).encode()))


def leaf(committed, salt):
    return merkle.leaf_hash(in_domain("batchLeaf", salt, committed))


def message(size, root):
    return sha256(in_domain("anchor", u64(size), root))


def root_from(hashed, index, size, hashes):
    """As merkle.verify_inclusion, but for the root to compare with."""
    if not 0 <= index < size <= merkle.MOST_SIZE:
        raise ProtocolError("merkle/bounds")
    if size == 1:
        if hashes:
            raise ProtocolError("merkle/length")
        return hashed
    if not hashes:
        raise ProtocolError("merkle/length")
    left = merkle.left_width(size)
    if index < left:
        return merkle.node_hash(root_from(hashed, index, left, hashes[:-1]), hashes[-1])
    return merkle.node_hash(hashes[-1], root_from(hashed, index - left, size - left, hashes[:-1]))


# OpenTimestamps


def wrong(detail=""):
    return ProtocolError("anchor/ots", detail)


def varuint(value):
    groups = []
    while value >= 128:
        groups.append(value % 128 | 128)
        value //= 128
    return bytes([*groups, value])


def counted(data):
    return varuint(len(data)) + data


def decode_ots(data):
    """(digest, timestamp); a timestamp is a list of ("attestation", …) and (tag, argument, timestamp)."""
    if len(data) > 65_536 or not data.startswith(OTS_START):
        raise wrong("beginning")
    at = len(OTS_START)
    reader = _Reader(data, at)
    digest = reader.take(32)
    timestamp = reader.timestamp(256)
    if reader.at != len(data):
        raise wrong("bytes behind")
    return digest, timestamp


class _Reader:
    def __init__(self, data, at=0):
        self.data, self.at, self.branches = data, at, 0

    def take(self, length):
        if self.at + length > len(self.data):
            raise wrong("ends too early")
        self.at += length
        return self.data[self.at - length : self.at]

    def number(self):
        value, shift = 0, 0
        while True:
            (byte,) = self.take(1)
            value |= (byte & 127) << shift
            if value > 2**53 - 1 or (byte == 0 and shift):
                raise wrong("number")
            if byte < 128:
                return value
            shift += 7

    def counted(self, least, most):
        length = self.number()
        if not least <= length <= most:
            raise wrong("length")
        return self.take(length)

    def timestamp(self, depth):
        if depth == 0:
            raise wrong("depth")
        branches = []
        while True:
            self.branches += 1
            if self.branches > 2_048:
                raise wrong("branches")
            (tag,) = self.take(1)
            is_last = tag != 0xFF
            branches.append(self.branch(tag if is_last else self.take(1)[0], depth))
            if is_last:
                return branches

    def branch(self, tag, depth):
        if tag == 0:
            return self.attestation()
        argument = self.counted(1, 4_096) if tag in (0xF0, 0xF1) else b""
        if tag not in UNARY and tag not in (0xF0, 0xF1):
            raise wrong("operation")
        return tag, argument, self.timestamp(depth - 1)

    def attestation(self):
        tag = self.take(8)
        payload = self.counted(0, 8_192)
        inner = _Reader(payload)
        found = ("attestation", "unknown", tag)
        if tag in BLOCK_TAGS:
            found = ("attestation", BLOCK_TAGS[tag], inner.number())
            if found[2] > 2**31 or inner.at != len(payload):
                raise wrong("height")
        elif tag == PENDING_TAG:
            uri = inner.counted(0, 1_000)
            if inner.at != len(payload) or not set(uri) <= URI:
                raise wrong("address")
            found = ("attestation", "pending", uri.decode())
        return found


def attested(current, timestamp):
    """(message, kind, what is said) of every attestation."""
    for branch in timestamp:
        if branch[0] == "attestation":
            yield current, *branch[1:]
            continue
        tag, argument, rest = branch
        result = {0xF0: current + argument, 0xF1: argument + current}.get(tag)
        if result is None:
            result = UNARY[tag](current)
        if len(result) > 4_096:
            raise wrong("message")
        yield from attested(result, rest)


# Blocks


def block_hash(header):
    return sha256(sha256(header))


def target(header):
    bits = int.from_bytes(header[72:76], "little")
    mantissa, shift = bits & 0x7FFFFF, 8 * ((bits >> 24) - 3)
    value = mantissa << shift if shift >= 0 else mantissa >> -shift
    if bits & 0x800000 or value == 0 or value >= 2**256:
        raise ProtocolError("anchor/header")
    return value


def verify_work(header, chain):
    litecoin = chain == "litecoin"
    hashed = hashlib.scrypt(header, salt=header, n=1024, r=1, p=1, dklen=32) if litecoin else block_hash(header)
    if int.from_bytes(hashed, "little") > target(header):
        raise ProtocolError("anchor/work")


def verify_run(chain, data):
    """The headers, each of which follows the one before."""
    if not data or len(data) % 80 or len(data) // 80 > 2_048:
        raise ProtocolError("anchor/header")
    headers = [data[at : at + 80] for at in range(0, len(data), 80)]
    for number, header in enumerate(headers):
        target(header)
        if number and header[4:36] != block_hash(headers[number - 1]):
            raise ProtocolError("anchor/header")
        verify_work(header, chain)
    return headers


def standing(chain, height, first, headers, known, least_work):
    """`known`: (chain, height, hash) each."""
    places = {(chain, first + number, block_hash(header)) for number, header in enumerate(headers)}
    if any(each in places and each[1] >= height for each in known):
        return {"type": "known"}
    work = sum(2**256 // (target(header) + 1) for header in headers[height - first :])
    kind = "work" if work >= least_work[chain] else "little"
    return {"type": kind, "work": work, "follows": any(each in places for each in known)}


def verify_ots(digest, data, runs, known, least_work):
    """`runs`: (chain, first height, headers) each. A list of findings."""
    told, timestamp = decode_ots(data)
    if told != digest:
        raise ProtocolError("anchor/digest")
    verified = [(chain, first, verify_run(chain, headers)) for chain, first, headers in runs]
    return [_finding(*each, verified, known, least_work) for each in attested(told, timestamp)]


def _finding(current, kind, said, runs, known, least_work):
    if kind == "unknown":
        return {"type": "unknown"}
    if kind == "pending":
        return {"type": "pending", "uri": said}
    for chain, first, headers in runs:
        if chain == kind and first <= said < first + len(headers):
            header = headers[said - first]
            if header[36:68] != current:
                raise ProtocolError("anchor/merkle-root")
            why = standing(chain, said, first, headers, known, least_work)
            if why["type"] == "little":
                return {"type": "undated", "chain": kind, "height": said, "reason": "little-work"}
            time = int.from_bytes(header[68:72], "little")
            return {"type": "dated", "chain": kind, "height": said, "block": block_hash(header), "time": time, "standing": why}
    return {"type": "undated", "chain": kind, "height": said, "reason": "no-header"}


# The whole


def proof_to_cbor(salt, index, size, hashes, *evidence):
    return [salt, index, size, hashes, *evidence]


def decode_proof(data):
    """(salt, index, size, hashes, kind, *evidence)."""
    salt, index, size, hashes, *evidence = _at_least(as_array(decode(data, MOST_PROOF_BYTES), most=13), 4)
    path = [as_bytes(each, 32) for each in as_array(hashes, most=48)]
    places = as_uint(index, merkle.MOST_SIZE), as_uint(size, merkle.MOST_SIZE)
    return as_bytes(salt, 32), *places, path, *_evidence(*_at_least(evidence, 1))


def _at_least(items, least):
    return [*items, *[None] * (least - len(items))]


def _evidence(kind, *parts):
    parts = list(parts)
    if kind == "ots":
        ots, runs = as_array(parts, 2)
        decode_ots(as_bytes(ots, most=65_536))
        return kind, ots, [_run(each) for each in as_array(runs, most=4)]
    if kind == "receipt":
        chain_id, header, index, nodes = as_array(parts, 4)
        return kind, as_uint(chain_id), as_bytes(header, most=evm.MOST_HEADER_BYTES), as_uint(index, 2**31), _nodes(nodes)
    if kind == "storage":
        chain_id, header, account, sender, tip, later, tip_nodes, length_nodes = as_array(parts, 8)
        messages = [as_bytes(each, 32) for each in as_array(later, most=1_024)]
        begin = kind, as_uint(chain_id), as_bytes(header, most=evm.MOST_HEADER_BYTES), _nodes(account)
        return *begin, as_bytes(sender, 20), as_bytes(tip, 32), messages, _nodes(tip_nodes), _nodes(length_nodes)
    raise ProtocolError("encoding/unexpected-type")


def _nodes(value):
    return [as_bytes(each, most=262_144) for each in as_array(value, most=65)]


def _run(value):
    chain, height, headers = as_array(value, 3)
    if as_text(chain, 8) not in BLOCK_TAGS.values():
        raise ProtocolError("encoding/unexpected-type")
    return chain, as_uint(height, 2**31), as_bytes(headers, most=2_048 * 80)


def verify_anchor(committed, proof, known, least_work):
    salt, index, size, hashes, kind, *parts = proof
    told = message(size, root_from(leaf(committed, salt), index, size, hashes))
    if kind == "ots":
        return verify_ots(told, *parts, known, least_work)
    chain_id, header, *rest = parts
    return evm.verify_evm(told, chain_id, header, (kind, *rest), known)
