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
