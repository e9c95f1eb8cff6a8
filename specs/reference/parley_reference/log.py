"""specs/log.md: one Hypercore for a device in a room, verified without Hypercore."""

from .encoding import in_domain, u8, u32, u64_little
from .errors import ProtocolError
from .primitives import blake2b256, sha256, verify


def namespace(index):
    return blake2b256(blake2b256(b"hypercore") + u8(index))


TREE = namespace(0)
MANIFEST = namespace(3)
SIGNER = namespace(4)


def binding(room, identity, device, generation):
    return sha256(in_domain("log", room, identity, device, u32(generation)))


def manifest(room, identity, device, generation):
    return bytes([2, 8, 0, 1, 1, 0]) + SIGNER + device + u8(32) + binding(room, identity, device, generation)


def log_key(room, identity, device, generation):
    return blake2b256(MANIFEST + manifest(room, identity, device, generation))


def roots(blocks):
    """(index, size, hash) of the peaks over these blocks, by cutting off the greatest power of two again and again."""
    peaks = []
    start = 0
    while start < len(blocks):
        width = 1
        while width * 2 <= len(blocks) - start:
            width *= 2
        peaks.append(subtree(blocks, start, width))
        start += width
    return peaks


def subtree(blocks, start, width):
    if width == 1:
        block = blocks[start]
        return 2 * start, len(block), blake2b256(b"\x00" + u64_little(len(block)) + block)
    left = subtree(blocks, start, width // 2)
    right = subtree(blocks, start + width // 2, width // 2)
    size = left[1] + right[1]
    return (left[0] + right[0]) // 2, size, blake2b256(b"\x01" + u64_little(size) + left[2] + right[2])


def tree_hash(peaks):
    return blake2b256(b"\x02" + b"".join(hashed + u64_little(index) + u64_little(size) for index, size, hashed in peaks))


def head_signable(log, length, hashed, fork=0):
    return TREE + log + hashed + u64_little(length) + u64_little(fork)


def verify_head(log, device, length, hashed, signature):
    if not verify(signature, head_signable(log, length, hashed), device):
        raise ProtocolError("log/signature")


# Inclusion

MOST_PROVEN_LENGTH = 2**48


def peaks(length):
    """(first block, width) of the full subtrees over this many blocks, from the left."""
    start = 0
    for power in range(48, -1, -1):
        if length - start >= 2**power:
            yield start, 2**power
            start += 2**power


def path(blocks, index):
    """The siblings of a block up to its root, lowest first: (size, hash) each."""
    start, width = _peak_over(len(blocks), index)
    siblings = []
    while width > 1:
        width //= 2
        sibling = start if index >= start + width else start + width
        siblings.insert(0, subtree(blocks, sibling, width)[1:])
        start += width if index >= start + width else 0
    return [list(each) for each in siblings]


def _peak_over(length, index):
    for start, width in peaks(length):
        if index < start + width:
            return start, width
    raise ProtocolError("log/inclusion", "beyond the log")


def place_roots(length, given):
    """(index, size, hash) of roots that are given as (size, hash)."""
    places = [2 * start + width - 1 for start, width in peaks(length)]
    if length > MOST_PROVEN_LENGTH or len(places) != len(given):
        raise ProtocolError("log/inclusion", "more or fewer roots")
    return [(place, size, hashed) for place, (size, hashed) in zip(places, given)]


def verify_inclusion(block, index, length, siblings, placed):
    """`placed`: the roots, as place_roots gives them."""
    start, width = _peak_over(length, index)
    if 2 ** len(siblings) != width:
        raise ProtocolError("log/inclusion", "a path longer or shorter than the tree")
    size, hashed = subtree([block], 0, 1)[1:]
    at = index - start
    for other_size, other in siblings:
        size += other_size
        if size > 2**53 - 1:
            raise ProtocolError("log/inclusion", "a size beyond all blocks")
        pair = other + hashed if at % 2 else hashed + other
        hashed = blake2b256(b"\x01" + u64_little(size) + pair)
        at //= 2
    if (2 * start + width - 1, size, hashed) not in placed:
        raise ProtocolError("log/inclusion")
