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
    yield from heads(log.log_key(*owner.values()), log.tree_hash(log.roots([b"first", b"second", b"third"])))


def manifest(title, owner):
    return {
        "title": title,
        "section": "format",
        "input": owner,
        "steps": {"binding": log.binding(*owner.values()), "manifest": log.manifest(*owner.values())},
        "expect": {"key": log.log_key(*owner.values())},
    }


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
