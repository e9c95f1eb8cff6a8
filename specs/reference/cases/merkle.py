SPEC = "merkle.md"
NOTE = "Trees over leaves of one byte, 00, 01, 02 and so on. Each broken case is a good one with one thing changed."

from parley_reference import merkle
from parley_reference.errors import ProtocolError

LEAVES = [merkle.leaf_hash(bytes([number])) for number in range(21)]


def cases():
    for size in (0, 1, 2, 3, 4, 5, 7, 8):
        yield {
            "title": f"a tree of {size} {'leaf' if size == 1 else 'leaves'}",
            "section": "tree",
            "input": {"leaves": [bytes([number]) for number in range(size)]},
            "steps": {"leafHashes": LEAVES[:size]},
            "expect": {"root": merkle.root(LEAVES[:size])},
        }
    yield from inclusions()
    yield from consistencies()


def inclusions():
    for index, size in [(0, 1), (2, 5), (4, 5), (6, 11), (10, 11), (15, 16)]:
        yield included(f"leaf {index} of {size}", path_of(index, size))
    good = path_of(6, 11)
    hashes = good["hashes"]
    for title, change in [
        ("another index", {"index": 5}),
        ("an index that is the size", {"index": 11}),
        ("a greater size in which the path is the same: the root does not name a size", {"size": 12}),
        ("a size of which the path would be longer", {"size": 17}),
        ("a size above 2^48", {"size": 2**48 + 1}),
        ("another leaf", {"leaf": LEAVES[5]}),
        ("a node of the tree as the leaf, with the rest of the path", {"leaf": merkle.node_hash(LEAVES[6], LEAVES[7]), "hashes": hashes[1:]}),
        ("a path without its last hash", {"hashes": hashes[:-1]}),
        ("a path with one hash more", {"hashes": [*hashes, hashes[0]]}),
        ("two hashes exchanged", {"hashes": [hashes[1], hashes[0], *hashes[2:]]}),
        ("one bit of a hash", {"hashes": [flip(hashes[0]), *hashes[1:]]}),
        ("another root", {"root": merkle.root(LEAVES[:12])}),
        ("the root as the leaf, and no path", {"leaf": good["root"], "hashes": []}),
    ]:
        yield included(title, {**good, **change})


def path_of(index, size):
    leaves = LEAVES[:size]
    return {"leaf": LEAVES[index], "index": index, "size": size, "hashes": merkle.path(index, leaves), "root": merkle.root(leaves)}


def included(title, given):
    return judged({"title": title, "section": "inclusion", "input": given}, merkle.verify_inclusion, given)


def consistencies():
    for smaller, larger in [(0, 5), (1, 2), (3, 5), (4, 8), (6, 8), (8, 21), (11, 11), (13, 21)]:
        yield consistent(f"from {smaller} to {larger}", grown(smaller, larger))
    good = grown(6, 11)
    nodes = good["nodes"]
    for title, change in [
        ("another smaller size", {"from": {**good["from"], "size": 7}}),
        ("a larger size in which the nodes are the same", {"to": {**good["to"], "size": 12}}),
        ("a smaller size that is larger", {"from": good["to"], "to": good["from"]}),
        ("a larger size above 2^48", {"to": {**good["to"], "size": 2**48 + 1}}),
        ("another smaller root", {"from": {**good["from"], "root": flip(good["from"]["root"])}}),
        ("another larger root", {"to": {**good["to"], "root": flip(good["to"]["root"])}}),
        ("the first node left out", {"nodes": nodes[1:]}),
        ("the last node left out", {"nodes": nodes[:-1]}),
        ("a node too many", {"nodes": [*nodes, nodes[0]]}),
        ("no nodes", {"nodes": []}),
        ("one bit of a node", {"nodes": [flip(nodes[0]), *nodes[1:]]}),
        ("two nodes exchanged", {"nodes": [nodes[1], nodes[0], *nodes[2:]]}),
        ("from nothing, with a node", {"from": {"size": 0, "root": merkle.root([])}}),
        ("from nothing that has another root", {"from": {"size": 0, "root": good["from"]["root"]}, "nodes": []}),
        ("one size with two roots", {"from": {**good["to"], "root": flip(good["to"]["root"])}, "nodes": []}),
    ]:
        yield consistent(title, {**good, **change})
    short = grown(4, 8)
    yield consistent("the path of RFC 9162 from a power of two, without the first node", {**short, "nodes": short["nodes"][1:]})


def grown(smaller, larger):
    def state(size):
        return {"size": size, "root": merkle.root(LEAVES[:size])}

    return {"from": state(smaller), "to": state(larger), "nodes": merkle.nodes(smaller, LEAVES[:larger])}


def consistent(title, given):
    def verify(smaller, larger, nodes):
        merkle.verify_consistency(*smaller.values(), *larger.values(), nodes)

    return judged({"title": title, "section": "consistency", "input": given}, verify, given)


def judged(case, verify, given):
    try:
        verify(*given.values())
    except ProtocolError as error:
        return {**case, "error": error.code}
    return {**case, "expect": {"valid": True}}


def flip(data):
    return bytes([data[0] ^ 1]) + data[1:]
