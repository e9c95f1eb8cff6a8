SPEC = "fork.md"
NOTE = (
    "Proofs that the device of Ada's log has signed two histories of it. Blocks are one letter: `aab` is a log of three blocks. "
    "Each broken case is a good one with one thing changed."
)

from parley_reference import fork, log
from parley_reference.encoding import encode
from parley_reference.errors import ProtocolError
from parley_reference.primitives import sign

from .cast import ADA, BO, ROOM

OWNER = (ROOM, ADA.identity, ADA.device, 0)
KEY = log.log_key(*OWNER)


def cases():
    for title, short, long in [
        ("two heads of one length", "aab", "aac"),
        ("two heads of the first length", "a", "b"),
        ("a shorter history, and a longer one that left it at its last block", "aab", "aacde"),
        ("histories that part at their first block", "abcd", "xbcdefgh"),
        ("histories that part long before the shorter one ends", "a" * 7 + "b" * 6, "a" * 7 + "c" * 20),
        ("a shorter history of one block", "b", "a" * 9),
    ]:
        yield accepted(title, split(short, long))
    yield accepted("a head that was signed after something had been taken back", truncated(2, "ab", 1))
    yield accepted("the empty log, after all had been taken back", truncated(0, "", 3))
    yield from forms()
    yield from broken()


def split(short, long, **change):
    proof = fork.prove_split(head(short), head(long), blocks(long))
    return fork.proof_to_cbor({**proof, **change})


def truncated(length, letters, number):
    hashed = log.tree_hash(log.roots(blocks(letters)))
    signature = sign(log.head_signable(KEY, length, hashed, number), ADA.device_seed)
    return ["truncated", [length, number, hashed, signature]]


def blocks(letters):
    return [letter.encode() for letter in letters]


def head(letters, seed=ADA.device_seed):
    hashed = log.tree_hash(log.roots(blocks(letters)))
    return len(letters), hashed, sign(log.head_signable(KEY, len(letters), hashed), seed)


def given(proof, owner=OWNER):
    names = ("room", "identity", "device", "generation")
    return {**dict(zip(names, owner)), "proof": encode(proof)}


def accepted(title, proof):
    read = fork.decode_proof(encode(proof))
    fork.verify_proof(*OWNER, read)
    return {"title": title, "section": "verifying", "input": given(proof), "expect": {"length": fork.fork_length(read)}}


def refused(title, section, proof, code, owner=OWNER):
    try:
        fork.verify_proof(*owner, fork.decode_proof(encode(proof)))
    except ProtocolError as error:
        assert error.code == code, (title, error.code)
        return {"title": title, "section": section, "input": given(proof, owner), "error": code}
    raise AssertionError(title)


def forms():
    wrong = "encoding/unexpected-type"
    kind, short, long, roots, rest = split("aab", "aacde")
    yield refused("another kind", "format", ["rewound", *split("aab", "aac")[1:]], wrong)
    yield refused("no kind", "format", [], wrong)
    yield refused("a head left out", "format", [kind, long, roots, rest], wrong)
    yield refused("a tree hash of 31 bytes", "format", [kind, [3, short[1][:31], short[2]], long, roots, rest], wrong)
    yield refused("a length of 2^52", "format", [kind, short, [2**52, *long[1:]], roots, rest], wrong)
    yield refused("53 roots", "format", [kind, short, long, roots[:1] * 53, rest], wrong)
    yield refused("more than 8192 bytes", "format", [kind, short, long, roots, [[1, bytes(32)]] * 250], "encoding/too-large")


def broken():
    kind, short, long, roots, rest = split("aab", "aacde")

    def flip(data):
        return bytes([data[0] ^ 1]) + data[1:]

    def wrong(title, proof, code, owner=OWNER):
        return refused(title, "verifying", proof, code, owner)

    yield wrong("one bit of a signature", [kind, [*short[:2], flip(short[2])], long, roots, rest], "fork/signature")
    yield wrong("one bit of the other signature", [kind, short, [*long[:2], flip(long[2])], roots, rest], "fork/signature")
    yield wrong("a head that Bo has signed", [kind, list(head("aab", BO.device_seed)), long, roots, rest], "fork/signature")
    yield wrong("another log of the same device", [kind, short, long, roots, rest], "fork/signature", (*OWNER[:3], 1))
    yield wrong("a log of Bo", [kind, short, long, roots, rest], "fork/signature", (ROOM, BO.identity, BO.device, 0))
    yield wrong("one bit of a root", [kind, short, long, [[1, flip(roots[0][1])], *roots[1:]], rest], "fork/tree")
    yield wrong("another size of a root", [kind, short, long, [[roots[0][0] + 1, roots[0][1]], *roots[1:]], rest], "fork/tree")
    yield wrong("one bit of a node behind", [kind, short, long, roots, [[rest[0][0], flip(rest[0][1])], *rest[1:]]], "fork/tree")
    yield wrong("more bytes than can be counted", [kind, short, long, roots, [[2**53 - 1, rest[0][1]], *rest[1:]]], "fork/tree")
    yield wrong("a root left out", [kind, short, long, roots[1:], rest], "fork/form")
    yield wrong("a node too many", [kind, short, long, roots, [*rest, rest[0]]], "fork/form")
    yield wrong("nodes with two heads of one length", [*split("aab", "aac")[:3], roots, []], "fork/form")
    yield wrong("the longer head first", [kind, long, short, roots, rest], "fork/form")
    yield wrong("two heads of one length in the other order", [kind, *split("aab", "aac")[2:0:-1], [], []], "fork/form")
    yield wrong("a head of length 0", [kind, list(head("")), long, [], rest], "fork/form")
    yield wrong("one head twice", [kind, short, short, [], []], "fork/none")
    yield wrong("a history that only went on", split("aac", "aacde"), "fork/none")
    yield wrong("a head of fork 0", truncated(2, "ab", 0), "fork/none")
    yield wrong("another fork than was signed", ["truncated", [2, 2, *truncated(2, "ab", 1)[1][2:]]], "fork/signature")
