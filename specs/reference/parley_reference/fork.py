"""specs/fork.md: what shows to anybody that a device has signed two histories of one log."""

from . import log
from .encoding import MOST_UINT, as_array, as_bytes, as_uint, decode, u64_little
from .errors import ProtocolError
from .primitives import blake2b256, verify

MOST_FORK_BYTES = 8_192
MOST_LENGTH = 2**52 - 1
MOST_ROOTS = 52


def decode_proof(data):
    return proof_from_cbor(decode(data, MOST_FORK_BYTES))


def proof_from_cbor(value):
    kind, *parts = as_array(value, most=5) or [None]
    if kind == "truncated":
        (head,) = as_array(parts, 1)
        length, fork, hashed, signature = as_array(head, 4)
        return {"type": kind, "head": (*_head([length, hashed, signature]), as_uint(fork))}
    if kind != "split":
        raise ProtocolError("encoding/unexpected-type", "a kind of fork expected")
    short, long, roots, rest = as_array(parts, 4)
    return {
        "type": kind,
        "short": _head(short),
        "long": _head(long),
        "roots": _nodes(roots, MOST_ROOTS),
        "rest": _nodes(rest, 2 * MOST_ROOTS),
    }


def _head(value):
    length, hashed, signature = as_array(value, 3)
    return as_uint(length, MOST_LENGTH), as_bytes(hashed, 32), as_bytes(signature, 64)


def _nodes(value, most):
    pairs = [as_array(node, 2) for node in as_array(value, most=most)]
    return [(as_uint(size), as_bytes(hashed, 32)) for size, hashed in pairs]


def proof_to_cbor(proof):
    if proof["type"] == "truncated":
        length, hashed, signature, fork = proof["head"]
        return ["truncated", [length, fork, hashed, signature]]
    nodes = [[list(node) for node in proof[name]] for name in ("roots", "rest")]
    return ["split", list(proof["short"]), list(proof["long"]), *nodes]


def verify_proof(room, identity, device, generation, proof):
    key = log.log_key(room, identity, device, generation)

    def require_signed(length, hashed, signature, fork=0):
        if not verify(signature, log.head_signable(key, length, hashed, fork), device):
            raise ProtocolError("fork/signature")

    if proof["type"] == "truncated":
        length, hashed, signature, fork = proof["head"]
        if fork == 0:
            raise ProtocolError("fork/none")
        require_signed(length, hashed, signature, fork)
        return
    (short, short_hash, _), (long, long_hash, _) = proof["short"], proof["long"]
    if short == 0 or (short, short_hash) > (long, long_hash):
        raise ProtocolError("fork/form", "the heads are not in order")
    if (short, short_hash) == (long, long_hash):
        raise ProtocolError("fork/none")
    if short == long:
        if proof["roots"] or proof["rest"]:
            raise ProtocolError("fork/form", "nodes that are not needed")
    else:
        _require_contradiction(proof, short, short_hash, long, long_hash)
    require_signed(*proof["short"])
    require_signed(*proof["long"])


def _require_contradiction(proof, short, short_hash, long, long_hash):
    before = subtrees(0, short)
    after = subtrees(short, long)
    if len(before) != len(proof["roots"]) or len(after) != len(proof["rest"]):
        raise ProtocolError("fork/form", "another number of nodes")
    known = {place: node for place, node in zip(before + after, proof["roots"] + proof["rest"])}
    peaks = [(2 * start + width - 1, *_node(known, start, width)) for start, width in subtrees(0, long)]
    if log.tree_hash(peaks) != long_hash:
        raise ProtocolError("fork/tree")
    prefix = [(2 * start + width - 1, *known[start, width]) for start, width in before]
    if log.tree_hash(prefix) == short_hash:
        raise ProtocolError("fork/none")


def _node(known, start, width):
    """Size and hash of the subtree over `width` blocks from `start` on, from what is known of smaller ones."""
    if (start, width) in known:
        return known[start, width]
    left = _node(known, start, width // 2)
    right = _node(known, start + width // 2, width // 2)
    size = left[0] + right[0]
    if size > MOST_UINT:
        raise ProtocolError("fork/tree", "too many bytes")
    return size, blake2b256(b"\x01" + u64_little(size) + left[1] + right[1])


def subtrees(start, end):
    """The largest whole subtrees side by side over the blocks from `start` up to `end`, as (first block, number of blocks)."""
    found = []
    while start < end:
        width = 1
        while start % (2 * width) == 0 and start + 2 * width <= end:
            width *= 2
        found.append((start, width))
        start += width
    return found


def fork_length(proof):
    return proof["head"][0] if proof["type"] == "truncated" else proof["short"][0] - 1


def prove_split(short, long, blocks):
    """`short`, `long`: (length, tree hash, signature); `blocks`: those of the longer history."""
    if short[0] == long[0]:
        short, long = sorted((short, long))
        return {"type": "split", "short": short, "long": long, "roots": [], "rest": []}

    def nodes(places):
        return [log.subtree(blocks, start, width)[1:] for start, width in places]

    return {"type": "split", "short": short, "long": long, "roots": nodes(subtrees(0, short[0])), "rest": nodes(subtrees(short[0], long[0]))}
