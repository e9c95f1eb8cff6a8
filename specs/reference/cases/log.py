SPEC = "log.md"
NOTE = "Keys, trees and heads of logs as Hypercore 11 makes them."

from parley_reference import log
from parley_reference.errors import ProtocolError
from parley_reference.primitives import sign

from .cast import ADA, BO, ROOM


def cases():
    owner = {"room": ROOM, "identity": ADA.identity, "device": ADA.device, "generation": 0}
    yield manifest("Ada's first log in her room", owner)
    yield manifest("Ada's next log, after she lost the first", {**owner, "generation": 1})
    yield manifest("the greatest generation", {**owner, "generation": 2**32 - 1})
    for length in (0, 1, 2, 3, 4, 5, 7, 8):
        blocks = [bytes([index]) * index for index in range(length)]
        peaks = log.roots(blocks)
        yield {
            "title": f"a tree of {length} {'block' if length == 1 else 'blocks'}",
            "section": "tree",
            "input": {"blocks": blocks},
            "steps": {"roots": [{"index": index, "size": size, "hash": hashed} for index, size, hashed in peaks]},
            "expect": {"treeHash": log.tree_hash(peaks)},
        }
    yield from inclusions()
    yield from heads(log.log_key(*owner.values()), log.tree_hash(log.roots([b"first", b"second", b"third"])))


def manifest(title, owner):
    return {
        "title": title,
        "section": "format",
        "input": owner,
        "steps": {"binding": log.binding(*owner.values()), "manifest": log.manifest(*owner.values())},
        "expect": {"key": log.log_key(*owner.values())},
    }


def inclusions():
    blocks = [bytes([index]) * index for index in range(11)]
    for index, length in [(0, 1), (2, 4), (4, 5), (6, 11), (9, 11), (10, 11)]:
        yield included(f"block {index} of {length}", proof_of(blocks[:length], index))
    good = proof_of(blocks, 6)
    path, roots = good["path"], good["roots"]
    huge = {**path[0], "size": 2**53 - 1}
    for title, change in [
        ("another index", {"index": 5}),
        ("an index beyond the log", {"index": 11}),
        ("another length", {"length": 12}),
        ("another block", {"block": blocks[5]}),
        ("a path without its last node", {"path": path[:-1]}),
        ("a path with one node more", {"path": [*path, path[0]]}),
        ("two nodes of a path exchanged", {"path": [path[1], path[0], path[2]]}),
        ("one bit of a hash", {"path": [{**path[0], "hash": bytes([path[0]["hash"][0] ^ 1]) + path[0]["hash"][1:]}, *path[1:]]}),
        ("a size that is one greater", {"path": [{**path[0], "size": path[0]["size"] + 1}, *path[1:]]}),
        ("sizes that add up to more than 2^53 - 1", {"path": [huge, *path[1:]]}),
        ("a root left out", {"roots": roots[1:]}),
        ("the path of a root elsewhere", {"roots": [roots[1], roots[0], roots[2]]}),
    ]:
        yield included(title, {**good, **change})


def proof_of(blocks, index):
    def told(nodes):
        return [{"size": size, "hash": hashed} for size, hashed in nodes]

    roots = [each[1:] for each in log.roots(blocks)]
    return {"block": blocks[index], "index": index, "length": len(blocks), "path": told(log.path(blocks, index)), "roots": told(roots)}


def included(title, proof):
    case = {"title": title, "section": "inclusion", "input": proof}
    pairs = {name: [(each["size"], each["hash"]) for each in proof[name]] for name in ("path", "roots")}
    try:
        placed = log.place_roots(proof["length"], pairs["roots"])
        log.verify_inclusion(proof["block"], proof["index"], proof["length"], pairs["path"], placed)
    except ProtocolError as error:
        return {**case, "error": error.code}
    return {**case, "expect": {"treeHash": log.tree_hash(placed)}}


def heads(key, hashed):
    signable = log.head_signable(key, 3, hashed)
    good = {"log": key, "device": ADA.device, "length": 3, "treeHash": hashed, "signature": sign(signable, ADA.device_seed)}
    yield {"title": "a head at length 3", "section": "head", "input": good, "steps": {"signable": signable}, "expect": {"valid": True}}
    forked = log.head_signable(key, 3, hashed)[:-8] + (1).to_bytes(8, "little")
    for title, change in [
        ("another length", {"length": 2}),
        ("another tree", {"treeHash": bytes(32)}),
        ("another log", {"log": log.log_key(ROOM, ADA.identity, ADA.device, 1)}),
        ("another device", {"device": BO.device}),
        ("one bit of the signature flipped", {"signature": bytes([good["signature"][0] ^ 1]) + good["signature"][1:]}),
        ("a head of fork 1", {"signature": sign(forked, ADA.device_seed)}),
    ]:
        changed = {**good, **change}
        try:
            log.verify_head(*changed.values())
            raise AssertionError(title)
        except ProtocolError as error:
            yield {"title": title, "section": "head", "input": changed, "error": error.code}
