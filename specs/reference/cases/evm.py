SPEC = "evm.md"
NOTE = "Anchors in the contract of a chain that exists only here, of id 1337. Each broken case is a good one with one thing changed."

from parley_reference import anchor, evm, merkle
from parley_reference.encoding import encode
from parley_reference.errors import ProtocolError
from parley_reference.evm import CONTRACT, EVENT, Trie, number, rlp, slots, tip_after
from parley_reference.keccak import keccak256
from parley_reference.primitives import sha256

from .anchor import COMMITTED, LEAVES, MESSAGE, SALT

BYTECODE = bytes.fromhex(
    "6080604052348015600f57600080fd5b506102a48061001f6000396000f3fe608060405234801561001057600080fd5b50600436106100365760003560e01c80634fc608a31461003b578063db2c4aca1461008e575b600080fd5b61006c6100493660046101dd565b6000602081905290815260409020805460019091015467ffffffffffffffff1682565b6040805192835267ffffffffffffffff90911660208301520160405180910390f35b6100a161009c36600461021a565b6100a3565b005b336000908152602081905260409020600181015467ffffffffffffffff8381169116146101125760018101546040517ff4bf213400000000000000000000000000000000000000000000000000000000815267ffffffffffffffff909116600482015260240160405180910390fd5b8054604080516020810192909252810184905260600160408051601f198184030181529190528051602090910120815561014d826001610257565b6001828101805467ffffffffffffffff191667ffffffffffffffff939093169290921790915561017e908390610257565b67ffffffffffffffff163373ffffffffffffffffffffffffffffffffffffffff167f0cd48d2f0de2b26babeaa563bc19f67e7b14bb998edeaabe4592e8b4472dda6b856040516101d091815260200190565b60405180910390a3505050565b6000602082840312156101ef57600080fd5b813573ffffffffffffffffffffffffffffffffffffffff8116811461021357600080fd5b9392505050565b6000806040838503121561022d57600080fd5b82359150602083013567ffffffffffffffff8116811461024c57600080fd5b809150509250929050565b67ffffffffffffffff818116838216019081111561029e577f4e487b7100000000000000000000000000000000000000000000000000000000600052601160045260246000fd5b9291505056"
)
CHAIN = 1337
SENDER = bytes.fromhex("a0" * 20)
TIME = 1_700_000_000
BEFORE, AFTER = [sha256(b"first")], [sha256(b"third"), sha256(b"fourth")]


def cases():
    address = evm.contract_address(BYTECODE)
    assert address == CONTRACT
    given = {"bytecode": BYTECODE, "factory": evm.FACTORY}
    yield {"title": "where the contract stands", "section": "contract", "input": given, "steps": {"event": EVENT}, "expect": {"address": address}}
    yield from values()
    yield from tries()
    yield from headers()
    yield from receipts()
    yield from states()
    yield from forms()


# RLP


def values():
    for title, value in [
        ("no bytes", b""),
        ("a byte that stands for itself", b"\x7f"),
        ("a byte that does not", b"\x80"),
        ("55 bytes", b"a" * 55),
        ("56 bytes", b"a" * 56),
        ("256 bytes", b"a" * 256),
        ("no items", []),
        ("items of 55 bytes", [b"a" * 54]),
        ("items of 56 bytes", [b"a" * 55]),
        ("lists in lists, six deep", [[[[[[b"dog"]]]]]]),
    ]:
        yield {"title": title, "section": "rlp", "input": {"bytes": rlp(value)}, "expect": {"value": value}}
    for title, data in [
        ("nothing", b""),
        ("bytes that end too early", b"\x83do"),
        ("a list that ends too early", b"\xc4\x83do"),
        ("an item that is longer than its list", b"\xc2\x83dog"),
        ("bytes behind the end", b"\x83dog\x00"),
        ("a byte that would stand for itself", b"\x81\x7f"),
        ("a short length in two bytes", b"\xb8\x03dog"),
        ("a length with a zero before it", b"\xb9\x00\x38" + b"a" * 56),
        ("a short list with its length in two bytes", b"\xf8\x04\x83dog"),
        ("a length of more than there is", b"\xbf" + b"\xff" * 8),
        ("lists in lists, seven deep", rlp([[[[[[[b"dog"]]]]]]])),
    ]:
        yield judged({"title": title, "section": "rlp", "input": {"bytes": data}}, lambda data=data: {"value": evm.unrlp(data)})


def judged(case, run):
    try:
        return {**case, "expect": run()}
    except ProtocolError as error:
        return {**case, "error": error.code}


# Tries


def tries():
    small = Trie([(b"do", b"verb"), (b"dog", b"puppy"), (b"doge", b"coins of a dog, and more than fit into a hash"), (b"horse", b"stallion")])
    for key in (b"do", b"dog", b"doge", b"horse"):
        yield walked(f"the value of {key.decode()} among four", small.root, key, small.nodes(key))
    lone = Trie([(b"key", b"value")])
    yield walked("the only value", lone.root, b"key", lone.nodes(b"key"))
    root, nodes = small.root, small.nodes(b"doge")
    odd = rlp([b"\x40", b"value"])
    padded = rlp([b"\x2f" + b"key", b"value"])
    empty = rlp([b"\x20" + b"key", b""])
    for title, changed in [
        ("another root", (keccak256(b""), b"doge", nodes)),
        ("another key", (root, b"cat", nodes)),
        ("a key that is not there", (root, b"dogs", nodes)),
        ("a key that ends too early", (root, b"d", nodes)),
        ("no nodes", (root, b"doge", [])),
        ("the last node left out", (root, b"doge", nodes[:-1])),
        ("a node too many", (root, b"doge", [*nodes, nodes[-1]])),
        ("one bit of a node", (root, b"doge", [flip(nodes[0]), *nodes[1:]])),
        ("two nodes exchanged", (root, b"doge", [nodes[1], nodes[0], *nodes[2:]])),
        ("a node of three items", one([b"\x20", b"a", b"b"])),
        ("a node that is no list", (keccak256(rlp(b"a" * 40)), b"key", [rlp(b"a" * 40)])),
        ("a path of an unknown kind", (keccak256(odd), b"", [odd])),
        ("a path that begins in the middle of a byte", (keccak256(padded), b"key", [padded])),
        ("no path", one([b"", b"value"])),
        ("a path that is a list", one([[b"a"], b"value"])),
        ("an empty value", (keccak256(empty), b"key", [empty])),
        ("a value that is a list", one([b"\x20" + b"key", [b"value"]])),
        ("a name of 31 bytes", one([b"\x00" + b"key", bytes(31)])),
    ]:
        yield walked(title, *changed)


def one(node):
    return keccak256(rlp(node)), b"key", [rlp(node)]


def walked(title, root, key, nodes):
    case = {"title": title, "section": "trie", "input": {"root": root, "key": key, "nodes": nodes}}
    return judged(case, lambda: {"value": evm.trie_value(root, key, nodes)})


def flip(data, at=-1):
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)


# Headers


def header(state=bytes(32), receipts=bytes(32), height=19_000_000, more=6):
    fields = [bytes(32), bytes(32), bytes(20), state, bytes(32), receipts, bytes(256), b"", number(height), number(30_000_000), number(21_000), number(TIME), b"", bytes(32), bytes(8)]
    return rlp([*fields, *[number(7)] * more])


def headers():
    for title, data in [
        ("a header with what has been added since", header()),
        ("a header as they once were", header(more=0)),
    ]:
        yield read(title, data)
    fields = evm.unrlp(header())

    def with_field(at, value):
        return rlp([*fields[:at], value, *fields[at + 1 :]])

    for title, data in [
        ("14 fields", rlp(fields[:14])),
        ("no list", rlp(b"header")),
        ("a state of 31 bytes", with_field(3, bytes(31))),
        ("receipts that are a list", with_field(5, [])),
        ("a height with a zero before it", with_field(8, b"\x00\x01")),
        ("a time above 2^53 - 1", with_field(11, b"\x20" + bytes(6))),
        ("more than 4096 bytes", header(more=4_096)),
    ]:
        yield read(title, data)


def read(title, data):
    return judged({"title": title, "section": "header", "input": {"header": data}}, lambda: evm.read_header(data))


# Whole proofs


PLACE = {"salt": SALT, "index": 2, "size": 5, "hashes": merkle.path(2, LEAVES)}


def log(message=MESSAGE, by=CONTRACT, event=EVENT, sender=SENDER, place=2):
    return [by, [event, bytes(12) + sender, place.to_bytes(32, "big")], message]


def receipt(*logs, status=b"\x01", kind=b"\x02"):
    return kind + rlp([status, number(50_000), bytes(256), list(logs)])


def receipts():
    plain = receipt()
    ours = receipt(log(event=bytes(32)), log(sha256(b"another")), log())
    good = evidence([*[plain] * 4, ours, plain], 4)
    hash_of = keccak256(good[2])
    yield proven("the receipt of a transaction, third of its logs", good, hash_of)
    yield proven("the first of 130, without a type", evidence([receipt(log(), kind=b""), *[plain] * 129], 0), None)
    yield proven("the last of 130", evidence([*[plain] * 129, ours], 129), None)
    yield proven("alone in its block", evidence([ours], 0), None)
    yield proven("a block that the reader does not know", good, bytes(32))
    yield proven("the same block of another chain", [good[0], 1, *good[2:]], hash_of)
    yield proven("another transaction", [*good[:3], 3, good[4]], hash_of)
    for title, changed in [
        ("a transaction that failed", receipt(log(), status=b"")),
        ("no logs", plain),
        ("a log of another contract", receipt(log(by=bytes(20)))),
        ("another event", receipt(log(event=bytes(32)))),
        ("another message", receipt(log(sha256(b"another")))),
        ("a message with a byte behind it", receipt(log(MESSAGE + b"\x00"))),
        ("an event without a number", receipt([CONTRACT, [EVENT, bytes(12) + SENDER], MESSAGE])),
        ("a number of 0", receipt(log(place=0))),
        ("a receipt of three fields", b"\x02" + rlp([b"\x01", number(1), bytes(256)])),
        ("a topic of 31 bytes", receipt([CONTRACT, [EVENT[:31]], MESSAGE])),
    ]:
        yield proven(title, evidence([plain, changed], 1), None)
    nodes = good[4]
    yield proven("a node left out", [*good[:4], nodes[1:]], hash_of)
    yield proven("one bit of a node", [*good[:4], [*nodes[:-1], flip(nodes[-1])]], hash_of)
    yield proven("one bit of the header", [good[0], CHAIN, flip(good[2], 200), *good[3:]], hash_of)
    yield proven("another commitment", good, hash_of, committed=sha256(b"another"))


def evidence(written, index):
    trie = Trie([(rlp(number(at)), each) for at, each in enumerate(written)])
    return ["receipt", CHAIN, header(receipts=trie.root), index, trie.nodes(rlp(number(index)))]


def states():
    good = state([*BEFORE, MESSAGE, *AFTER])
    hash_of = keccak256(good[2])
    yield proven("the second of four messages in a state", good, hash_of)
    yield proven("the first, and the only one", state([MESSAGE], 0), None)
    yield proven("the last of three", state([*BEFORE, *BEFORE, MESSAGE], 2), None)
    yield proven("a state that the reader does not know", good, None, known=bytes(32))

    def changed(at, value):
        return [*good[:at], value, *good[at + 1 :]]

    yield proven("another sender", changed(4, bytes(20)), hash_of)
    yield proven("another message before it", changed(5, sha256(b"another")), hash_of)
    yield proven("nothing before it", changed(5, bytes(32)), hash_of)
    yield proven("a message after it left out", changed(6, AFTER[:1]), hash_of)
    yield proven("the messages after it exchanged", changed(6, AFTER[::-1]), hash_of)
    yield proven("the number in place of the tip", changed(7, good[8]), hash_of)
    yield proven("the tip in place of the number", changed(8, good[7]), hash_of)
    yield proven("a node of the state left out", changed(3, good[3][1:]), hash_of)
    yield proven("one bit of a node of the storage", changed(7, [flip(good[7][0]), *good[7][1:]]), hash_of)
    yield proven("a number that is less than the messages shown", state([*BEFORE, MESSAGE, *AFTER], length=2), None)
    yield proven("a number that says it is the first, and one before it", state([*BEFORE, MESSAGE, *AFTER], length=3), None)
    yield proven("another contract with the same storage", state([*BEFORE, MESSAGE, *AFTER], contract=bytes(20)), None)


def state(messages, index=1, length=None, contract=CONTRACT):
    tip_slot, length_slot = slots(SENDER)
    words = {tip_slot: tip_after(bytes(32), messages), length_slot: number(length or len(messages)), bytes(32): b"\x01"}
    storage = Trie([(keccak256(slot), rlp(word.lstrip(b"\x00"))) for slot, word in words.items()])
    accounts = Trie([(keccak256(bytes([at]) * 20), rlp([b"", b"\x01", bytes(32), bytes(32)])) for at in range(1, 20)] + [(keccak256(contract), rlp([b"\x01", b"", storage.root, bytes(32)]))])
    parts = [SENDER, tip_after(bytes(32), messages[:index]), messages[index + 1 :]]
    nodes = [storage.nodes(keccak256(tip_slot)), storage.nodes(keccak256(length_slot))]
    return ["storage", CHAIN, header(state=accounts.root), accounts.nodes(keccak256(contract)), *parts, *nodes]


def proven(title, evidence, hash_of, committed=COMMITTED, section="verifying", known=None):
    hash_of = known or hash_of or keccak256(evidence[2])
    known = {"chain": f"eip155:{CHAIN}", "height": 19_000_000, "hash": hash_of}
    value = [*PLACE.values(), *evidence]
    case = {"title": title, "section": section, "input": {"commitment": committed, "proof": encode(value), "known": [known]}}
    return judged(case, lambda: {"findings": anchor.verify_anchor(committed, anchor.decode_proof(encode(value)), [tuple(known.values())], {})})


def forms():
    wrong = [
        ("another kind", ["log", *evidence([receipt(log())], 0)[1:]]),
        ("an index above 2^31", [*evidence([receipt(log())], 0)[:3], 2**31 + 1, []]),
        ("a receipt with a part too many", [*evidence([receipt(log())], 0), 0]),
        ("a header of more than 4096 bytes", ["receipt", CHAIN, bytes(4_097), 0, []]),
        ("66 nodes", [*evidence([receipt(log())], 0)[:4], [b""] * 66]),
        ("a state with a part left out", state([MESSAGE], 0)[:-1]),
        ("a sender of 19 bytes", [*state([MESSAGE], 0)[:4], bytes(19), *state([MESSAGE], 0)[5:]]),
        ("a message of 31 bytes after it", [*state([MESSAGE], 0)[:6], [bytes(31)], *state([MESSAGE], 0)[7:]]),
    ]
    for title, value in wrong:
        yield proven(title, value, bytes(32), section="format")
