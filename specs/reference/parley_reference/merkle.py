"""specs/merkle.md: the tree of RFC 6962, by the definitions there."""

from .errors import ProtocolError
from .primitives import sha256

MOST_SIZE = 2**48


def leaf_hash(data):
    return sha256(b"\x00" + data)


def node_hash(left, right):
    return sha256(b"\x01" + left + right)


def root(leaves):
    """MTH of hashes of leaves."""
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return leaves[0]
    left = left_width(len(leaves))
    return node_hash(root(leaves[:left]), root(leaves[left:]))


def left_width(size):
    """The greatest power of two below size."""
    return 1 << ((size - 1).bit_length() - 1)


def path(index, leaves):
    """PATH: the siblings of a leaf, lowest first."""
    if len(leaves) == 1:
        return []
    left = left_width(len(leaves))
    if index < left:
        return [*path(index, leaves[:left]), root(leaves[left:])]
    return [*path(index - left, leaves[left:]), root(leaves[:left])]


def nodes(smaller, leaves):
    """SUBPROOF, which names the first node always."""
    if smaller in (0, len(leaves)):
        return []
    return _nodes(smaller, leaves)


def _nodes(smaller, leaves):
    if smaller == len(leaves):
        return [root(leaves)]
    left = left_width(len(leaves))
    if smaller <= left:
        return [*_nodes(smaller, leaves[:left]), root(leaves[left:])]
    return [*_nodes(smaller - left, leaves[left:]), root(leaves[:left])]


def verify_inclusion(leaf, index, size, hashes, expected):
    """Downwards: who stands beside whom follows from index and size alone."""
    if not (0 <= index < size <= MOST_SIZE):
        raise ProtocolError("merkle/bounds")
    sides = []
    while size > 1:
        left = left_width(size)
        sides.insert(0, "right" if index < left else "left")
        index, size = (index, left) if index < left else (index - left, size - left)
    if len(sides) != len(hashes):
        raise ProtocolError("merkle/length")
    for side, other in zip(sides, hashes):
        leaf = node_hash(leaf, other) if side == "right" else node_hash(other, leaf)
    if leaf != expected:
        raise ProtocolError("merkle/root")


def verify_consistency(smaller, smaller_root, larger, larger_root, hashes):
    if not (0 <= smaller <= larger <= MOST_SIZE):
        raise ProtocolError("merkle/bounds")
    if smaller in (0, larger):
        if hashes:
            raise ProtocolError("merkle/length")
        roots = (sha256(b"") if smaller == 0 else larger_root, larger_root)
    else:
        roots = roots_from(smaller, larger, hashes)
    if roots != (smaller_root, larger_root):
        raise ProtocolError("merkle/root")


def roots_from(smaller, larger, hashes):
    """The roots at both sizes, 0 < smaller < larger."""
    if not (0 < smaller < larger <= MOST_SIZE):
        raise ProtocolError("merkle/bounds")
    left_in = list(hashes)
    if not left_in:
        raise ProtocolError("merkle/length")

    def descend(smaller, larger):
        if smaller == larger:
            return (left_in[0],) * 2
        left = left_width(larger)
        if smaller <= left:
            before, after = descend(smaller, left)
            return before, node_hash(after, left_in.pop(1) if len(left_in) > 1 else missing())
        before, after = descend(smaller - left, larger - left)
        other = left_in.pop(1) if len(left_in) > 1 else missing()
        return node_hash(other, before), node_hash(other, after)

    found = descend(smaller, larger)
    if len(left_in) != 1:
        raise ProtocolError("merkle/length")
    return found


def missing():
    raise ProtocolError("merkle/length")
