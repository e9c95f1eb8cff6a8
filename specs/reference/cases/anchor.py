SPEC = "anchor.md"
NOTE = (
    "Checkpoints of Ada in batches, in blocks of a chain that is as easy to work on as there is one, and genuine blocks of Bitcoin and Litecoin. "
    "Hashes of blocks stand as they are hashed. Each broken case is a good one with one thing changed."
)

from parley_reference import anchor, merkle
from parley_reference.encoding import encode
from parley_reference.errors import ProtocolError
from parley_reference.primitives import sha256

from .checkpoint import at, signed, told

EASY = bytes.fromhex("ffff7f20")
TIME = 1_700_000_000
FIRST = 700
GENUINE = [
    bytes.fromhex(each)
    for each in (
        "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c",
        "010000006fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000982051fd1e4ba744bbbe680e1fee14677ba1a3c3540bf7b1cdb606e857233e0e61bc6649ffff001d01e36299",
        "010000004860eb18bf1b1620e37e9490fc8a427514416fd75159ab86688e9a8300000000d5fdcc541e25de1c7a5addedf24858b8bb665c9f36ef744ee42c316022c90f9bb0bc6649ffff001d08d2bd61",
        "01000000bddd99ccfda39da1b108ce1a5d70038d0a967bacb68b6b63065f626a0000000044f672226090d85db9a9f2fbfe5f0f9609b387af7be5b7fbb7a1767c831c9e995dbe6649ffff001d05e0ed6d",
    )
]
BLOCK_125552 = bytes.fromhex(
    "0100000081cd02ab7e569e8bcd9317e2fe99f2de44d49ab2b8851ba4a308000000000000e320b6c2fffc8d750423db8b1eb942ae710e951ed797f7affc8892b0f1fc122bc7f5d74df2b9441a42a14695"
)
LITECOIN_GENESIS = bytes.fromhex(
    "010000000000000000000000000000000000000000000000000000000000000000000000d9ced4ed1130f7b7faad9be25323ffafa33232a17c3edf6cfd97bee6bafbdd97b9aa8e4ef0ff0f1ecd513f7c"
)


def cases():
    yield from batches()
    yield from files()
    yield from runs()
    yield from proofs()


# What is anchored: the third of five commitments.

POINT = signed(at(9))
COMMITTED = anchor.commitment(*POINT)
SALT = sha256(b"salt of the third")
OTHERS = [anchor.leaf(sha256(bytes([number])), sha256(b"salt" + bytes([number]))) for number in range(5)]
LEAVES = [*OTHERS[:2], anchor.leaf(COMMITTED, SALT), *OTHERS[3:]]
MESSAGE = anchor.message(5, merkle.root(LEAVES))


def batches():
    point, signature = POINT
    yield {
        "title": "a checkpoint as the third of five in a batch",
        "section": "batch",
        "input": {"checkpoint": told(point), "signature": signature, "salt": SALT, "index": 2, "size": 5, "hashes": merkle.path(2, LEAVES)},
        "steps": {"commitment": COMMITTED, "leaf": LEAVES[2], "root": merkle.root(LEAVES)},
        "expect": {"message": MESSAGE},
    }
    alone = anchor.leaf(COMMITTED, SALT)
    yield {
        "title": "alone in a batch",
        "section": "batch",
        "input": {"checkpoint": told(point), "signature": signature, "salt": SALT, "index": 0, "size": 1, "hashes": []},
        "steps": {"commitment": COMMITTED, "leaf": alone, "root": alone},
        "expect": {"message": anchor.message(1, alone)},
    }


# Files of OpenTimestamps. A step is (tag, argument).

APPEND, PREPEND, REVERSE, HEXLIFY, SHA1, RIPEMD160, SHA256, KECCAK256 = 0xF0, 0xF1, 0xF2, 0xF3, 0x02, 0x03, 0x08, 0x67
TAGS = {name: tag for tag, name in anchor.BLOCK_TAGS.items()}


def block(chain, height):
    return attestation(TAGS[chain], anchor.varuint(height))


def pending(uri):
    return attestation(anchor.PENDING_TAG, anchor.counted(uri))


def attestation(tag, payload):
    return b"\x00" + tag + anchor.counted(payload)


def steps(*tags):
    parts = [tag if isinstance(tag, tuple) else (tag, None) for tag in tags]
    return b"".join(bytes([tag]) + (b"" if argument is None else anchor.counted(argument)) for tag, argument in parts)


def fork(*branches):
    return b"".join(b"\xff" + branch for branch in branches[:-1]) + branches[-1]


def ots(timestamp, digest=MESSAGE):
    return anchor.OTS_START + digest + timestamp


CALENDAR = b"https://alice.btc.calendar.example"


def files():
    yield read("a promise of one calendar", ots(steps((APPEND, bytes(16)), SHA256) + pending(CALENDAR)))
    yield read("a block of Bitcoin", ots(steps((PREPEND, b"before"), (APPEND, b"behind"), SHA256, SHA256) + block("bitcoin", 358_391)))
    yield read("every operation", ots(steps(SHA1, HEXLIFY, RIPEMD160, REVERSE, KECCAK256, (APPEND, b"\x01"), (PREPEND, b"\x02"), SHA256) + block("litecoin", 0)))
    yield read("three branches, one of which has two", ots(fork(steps(SHA256) + fork(block("bitcoin", 1), pending(CALENDAR)), steps(SHA1) + pending(b""), steps(REVERSE) + block("litecoin", 300))))
    yield read("a kind of attestation that is not known", ots(fork(attestation(b"\x01" * 8, b"anything"), block("bitcoin", 2**31))))
    yield read("256 deep", ots(steps(*[SHA256] * 255) + block("bitcoin", 1)))
    yield read("a message of 4096 bytes", ots(steps((APPEND, bytes(4_064)), SHA256) + block("bitcoin", 1)))
    good = ots(steps((APPEND, bytes(16)), SHA256) + block("bitcoin", 358_391))
    for title, data in [
        ("another beginning", b"\x01" + good[1:]),
        ("version 2", good.replace(anchor.OTS_START, anchor.OTS_START[:-2] + b"\x02\x08")),
        ("a digest of SHA-1", good.replace(anchor.OTS_START, anchor.OTS_START[:-1] + b"\x02")),
        ("no timestamp", ots(b"")),
        ("a digest that ends too early", anchor.OTS_START + MESSAGE[:31]),
        ("a file that ends too early", good[:-1]),
        ("a byte behind the end", good + b"\x00"),
        ("an unknown operation", ots(steps(0x09) + block("bitcoin", 1))),
        ("operations with nothing behind them", ots(steps(SHA256))),
        ("a fork with one branch", ots(b"\xff" + block("bitcoin", 1))),
        ("a fork of a fork", ots(b"\xff\xff" + block("bitcoin", 1) + block("bitcoin", 2))),
        ("nothing to append", ots(steps((APPEND, b"")) + block("bitcoin", 1))),
        ("4097 bytes to append", ots(steps((APPEND, bytes(4_097))) + block("bitcoin", 1))),
        ("a message of 4097 bytes", ots(steps((APPEND, bytes(4_065)), SHA256) + block("bitcoin", 1))),
        ("a message that doubles too often", ots(steps(*[HEXLIFY] * 8) + block("bitcoin", 1))),
        ("a length in more bytes than it needs", ots(b"\xf0\x81\x00\x00" + block("bitcoin", 1))),
        ("a length above 2^53 - 1", ots(b"\xf0" + b"\xff" * 8 + b"\x7f" + block("bitcoin", 1))),
        ("a height of 2^31 + 1", ots(block("bitcoin", 2**31 + 1))),
        ("a height with a byte behind it", ots(attestation(TAGS["bitcoin"], b"\x01\x00"))),
        ("no height", ots(attestation(TAGS["bitcoin"], b""))),
        ("an address with a space", ots(pending(b"https://calendar.example/ x"))),
        ("an address with a question", ots(pending(b"https://calendar.example/?x"))),
        ("an address of 1001 bytes", ots(pending(b"a" * 1_001))),
        ("an address with a byte behind it", ots(attestation(anchor.PENDING_TAG, anchor.counted(CALENDAR) + b"\x00"))),
        ("an unknown attestation of 8193 bytes", ots(attestation(b"\x01" * 8, bytes(8_193)))),
        ("257 deep", ots(steps(*[SHA256] * 256) + block("bitcoin", 1))),
    ]:
        case = {"title": title, "section": "opentimestamps", "input": {"file": data}}
        try:
            list(anchor.attested(*anchor.decode_ots(data)))
            raise AssertionError(title)
        except ProtocolError as error:
            yield {**case, "error": error.code}


def read(title, data):
    said = [{"message": message, "kind": kind, "said": value} for message, kind, value in anchor.attested(*anchor.decode_ots(data))]
    return {"title": title, "section": "opentimestamps", "input": {"file": data}, "expect": {"attested": said}}


# Runs of headers.


def header(previous, root, time=TIME, bits=EASY, chain="bitcoin", enough=True):
    """A header with the first nonce whose work is enough, or not."""
    for nonce in range(2**32):
        data = b"\x02\x00\x00\x00" + previous + root + time.to_bytes(4, "little") + bits + nonce.to_bytes(4, "little")
        try:
            anchor.verify_work(data, chain)
            if enough:
                return data
        except ProtocolError:
            if not enough:
                return data
    raise AssertionError("no nonce")


def mined(root, after=3, chain="bitcoin"):
    """One header, that with this root, and as many after it."""
    headers = [header(bytes(32), bytes(32), chain=chain)]
    for number in range(after + 1):
        headers.append(header(anchor.block_hash(headers[-1]), root if number == 0 else sha256(bytes([number])), TIME + 600 * number, chain=chain))
    return headers


def runs():
    yield run("Bitcoin's first four blocks", "bitcoin", GENUINE)
    yield run("Bitcoin's block 125552", "bitcoin", [BLOCK_125552])
    yield run("Litecoin's first block", "litecoin", [LITECOIN_GENESIS])
    yield run("the easiest target that there is", "bitcoin", [header(bytes(32), bytes(32), bits=EASY)])
    easy = mined(sha256(b"root"), 1)
    for title, chain, headers in [
        ("Litecoin's first block as one of Bitcoin", "bitcoin", [LITECOIN_GENESIS]),
        ("Bitcoin's first block as one of Litecoin", "litecoin", GENUINE[:1]),
        ("one bit of a nonce", "bitcoin", [GENUINE[0][:-1] + b"\x7d"]),
        ("one bit of a Merkle root", "bitcoin", [GENUINE[0][:40] + b"\x00" + GENUINE[0][41:]]),
        ("a block left out", "bitcoin", [GENUINE[0], *GENUINE[2:]]),
        ("two blocks exchanged", "bitcoin", [GENUINE[1], GENUINE[0]]),
        ("a block twice", "bitcoin", [GENUINE[0], GENUINE[0]]),
        ("a block that does not follow, with its work done", "bitcoin", [easy[0], header(sha256(b"elsewhere"), bytes(32))]),
        ("a block whose work is not done", "bitcoin", [header(bytes(32), bytes(32), enough=False)]),
        ("a target of 0", "bitcoin", [bytes(80)]),
        ("a negative target", "bitcoin", [bytes(72) + bytes.fromhex("ffff8f20") + bytes(4)]),
        ("a target above 2^256", "bitcoin", [bytes(72) + bytes.fromhex("ffff7f21") + bytes(4)]),
        ("no headers", "bitcoin", []),
        ("a header of 79 bytes", "bitcoin", [GENUINE[0][:79]]),
    ]:
        yield run(title, chain, headers)


def run(title, chain, headers):
    case = {"title": title, "section": "blocks", "input": {"chain": chain, "height": 0, "headers": b"".join(headers)}}
    try:
        verified = anchor.verify_run(chain, b"".join(headers))
    except ProtocolError as error:
        return {**case, "error": error.code}
    found = [
        {"hash": anchor.block_hash(each), "merkleRoot": each[36:68], "time": int.from_bytes(each[68:72], "little"), "work": str(2**256 // (anchor.target(each) + 1))}
        for each in verified
    ]
    return {**case, "expect": {"headers": found}}


# Whole proofs.

TO_BLOCK = steps((PREPEND, b"transaction"), (APPEND, b"behind"), SHA256, SHA256, (PREPEND, sha256(b"its neighbour")), SHA256, SHA256)
IN_BLOCK = sha256(sha256(sha256(b"its neighbour") + sha256(sha256(b"transaction" + MESSAGE + b"behind"))))


def proofs():
    headers = mined(IN_BLOCK)
    litecoin = mined(IN_BLOCK, 1, "litecoin")
    hashes = [anchor.block_hash(each) for each in headers]
    stamped = ots(TO_BLOCK + block("bitcoin", FIRST + 1))
    whole = ["bitcoin", FIRST, b"".join(headers)]
    path = merkle.path(2, LEAVES)
    good = [SALT, 2, 5, path, "ots", stamped, [whole]]

    def known(number):
        return {"chain": "bitcoin", "height": FIRST + number, "hash": hashes[number]}

    def work(blocks):
        return {"bitcoin": str(2 * blocks), "litecoin": str(2 * blocks)}

    def judged(title, proof, trusted=(), least=None, committed=COMMITTED, section="verifying"):
        least = least or work(4)
        given = {"commitment": committed, "proof": encode(proof), "known": list(trusted), "leastWork": least}
        case = {"title": title, "section": section, "input": given}
        pairs = [(each["chain"], each["height"], each["hash"]) for each in trusted]
        try:
            findings = anchor.verify_anchor(committed, anchor.decode_proof(encode(proof)), pairs, {name: int(value) for name, value in least.items()})
        except ProtocolError as error:
            return {**case, "error": error.code}
        for each in findings:
            if "work" in each.get("standing", {}):
                each["standing"]["work"] = str(each["standing"]["work"])
        return {**case, "expect": {"findings": findings}}

    yield judged("the reader knows the block", good, [known(1)])
    yield judged("the reader knows a block that grew from it", good, [known(4)])
    yield judged("enough work on it", good)
    yield judged("enough work on it, after a block that the reader knows", good, [known(0)])
    yield judged("too little work on it", good, least=work(5))
    yield judged("a known block at another height", good, [{**known(1), "height": FIRST}], work(5))
    yield judged("a known block of another chain", good, [{**known(1), "chain": "litecoin"}], work(5))
    yield judged("no headers", [*good[:6], []], [known(1)])
    yield judged("headers of the block alone", [*good[:6], [["bitcoin", FIRST + 1, headers[1]]]], least=work(1))
    yield judged("headers of other heights only", [*good[:6], [["bitcoin", FIRST + 2, b"".join(headers[2:])]]], [known(4)])
    both = fork(steps((APPEND, bytes(16)), SHA256) + pending(CALENDAR), TO_BLOCK + fork(block("bitcoin", FIRST + 1), block("litecoin", FIRST + 1)), attestation(b"\x01" * 8, b""))
    yield judged("a promise, a block of two chains each, and what is not known", [*good[:5], ots(both), [whole, ["litecoin", FIRST, b"".join(litecoin)]]], least=work(2))
    yield judged("only a promise", [*good[:5], ots(steps((APPEND, bytes(16)), SHA256) + pending(CALENDAR)), []])
    yield judged("another commitment", good, [known(1)], committed=sha256(b"another"))
    yield judged("another salt", [sha256(b"pepper"), *good[1:]], [known(1)])
    yield judged("another index", [SALT, 3, *good[2:]], [known(1)])
    yield judged("another size, of which the path is as long", [SALT, 2, 6, *good[3:]], [known(1)])
    yield judged("an index that is the size", [SALT, 5, *good[2:]], [known(1)])
    yield judged("a hash left out", [SALT, 2, 5, path[1:], *good[4:]], [known(1)])
    yield judged("a hash too many", [SALT, 2, 5, [*path, path[0]], *good[4:]], [known(1)])
    yield judged("a proof of another message", [*good[:5], ots(TO_BLOCK + block("bitcoin", FIRST + 1), sha256(b"another")), [whole]], [known(1)])
    yield judged("another step to the block", [*good[:5], stamped.replace(b"behind", b"beyond"), [whole]], [known(1)])
    yield judged("the Merkle root the other way round", [*good[:5], ots(TO_BLOCK + steps(REVERSE) + block("bitcoin", FIRST + 1)), [whole]], [known(1)])
    yield judged("another height", [*good[:5], ots(TO_BLOCK + block("bitcoin", FIRST + 2)), [whole]], [known(1)])
    yield judged("a true block, and one that is not", [*good[:5], ots(fork(TO_BLOCK + block("bitcoin", FIRST + 1), block("bitcoin", FIRST + 2))), [whole]], [known(1)])
    yield judged("a header that does not follow", [*good[:6], [["bitcoin", FIRST, headers[0] + headers[2]]]], [known(1)])
    yield judged("a header whose work is not done", [*good[:6], [["bitcoin", FIRST, header(bytes(32), bytes(32), enough=False)]]], [known(1)])
    yield judged("a proof that is no .ots", [*good[:5], stamped[1:], [whole]], [known(1)])
    yield judged("another kind of evidence", [*good[:4], "stars", *good[5:]], section="proof")
    yield judged("no evidence", good[:4], section="proof")
    yield judged("a salt of 31 bytes", [SALT[:31], *good[1:]], section="proof")
    yield judged("a size above 2^48", [SALT, 2, 2**48 + 1, *good[3:]], section="proof")
    yield judged("49 hashes", [SALT, 2, 5, path[:1] * 49, *good[4:]], section="proof")
    yield judged("five runs of headers", [*good[:6], [whole] * 5], section="proof")
    yield judged("a chain that is not known", [*good[:6], [["dogecoin", *whole[1:]]]], section="proof")
