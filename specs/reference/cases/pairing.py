SPEC = "pairing.md"
NOTE = "Ada's phone is taken in by her laptop. Each broken case is a good one with one thing changed."

from parley_reference import link, pairing
from parley_reference.encoding import encode
from parley_reference.errors import ProtocolError
from parley_reference.identity import add_device
from parley_reference.primitives import public_key

from .cast import ADA, GENESIS, INVITE_SEED, SECRET, START, seed

LINK_KEY, LINK_SECRET = public_key(seed(0x61)), seed(0x62)
CONNECTION = seed(0x63) * 2
PHONE_SEED = seed(0x14)
PHONE = public_key(PHONE_SEED)
OLD_NONCE, NEW_NONCE = seed(0x64), seed(0x65)
EXPIRES = START + 600_000


def cases():
    commitment = pairing.commit(PHONE, NEW_NONCE, "Phone")
    proofs = {f"{side}Proof": pairing.prove(LINK_SECRET, CONNECTION, side) for side in ("new", "old")}
    talk = {
        "secret": LINK_SECRET,
        "connection": CONNECTION,
        "identity": ADA.identity,
        "oldNonce": OLD_NONCE,
        "device": PHONE,
        "newNonce": NEW_NONCE,
        "label": "Phone",
    }
    yield {"title": "what both sides compute", "section": "exchange", "input": talk, "expect": seen(talk)}
    for title, change in [
        ("on another connection", {"connection": seed(0x66) * 2}),
        ("with another link", {"secret": seed(0x66)}),
        ("of another person", {"identity": seed(0x66)}),
        ("another device", {"device": ADA.device}),
        ("under another name", {"label": "Tablet"}),
        ("with another nonce of the old device", {"oldNonce": seed(0x66)}),
        ("with another nonce of the new device", {"newNonce": seed(0x66)}),
    ]:
        yield {"title": f"what both sides compute {title}", "section": "exchange", "input": {**talk, **change}, "expect": seen({**talk, **change})}
    yield from judged(proofs, commitment)
    yield from messages(proofs, commitment)
    yield from links()


def seen(talk):
    device = [talk[key] for key in ("device", "newNonce", "label")]
    return {
        **{f"{side}Proof": pairing.prove(talk["secret"], talk["connection"], side) for side in ("new", "old")},
        "commitment": pairing.commit(*device),
        "code": pairing.comparison_code(talk["connection"], talk["identity"], talk["oldNonce"], *device),
    }


def refused(title, section, given, code, run):
    try:
        run()
    except ProtocolError as error:
        assert error.code == code, (title, error.code)
        return {"title": title, "section": section, "input": given, "error": code}
    raise AssertionError(title)


def judged(proofs, commitment):
    for title, side, proof in [
        ("the proof of the other side", "new", proofs["oldProof"]),
        ("a proof with one bit changed", "old", bytes([proofs["oldProof"][0] ^ 1]) + proofs["oldProof"][1:]),
    ]:
        given = {"secret": LINK_SECRET, "connection": CONNECTION, "side": side, "proof": proof}
        yield refused(title, "exchange", given, "pairing/proof", lambda: pairing.check_proof(*given.values()))
    for title, shown in [
        ("another device than it had bound itself to", [ADA.device, NEW_NONCE, "Phone"]),
        ("another nonce than it had bound itself to", [PHONE, seed(0x66), "Phone"]),
        ("another name than it had bound itself to", [PHONE, NEW_NONCE, "Phone 2"]),
    ]:
        given = dict(zip(("device", "nonce", "label"), shown)) | {"commitment": commitment}
        yield refused(title, "exchange", given, "pairing/commitment", lambda: pairing.check_commitment(*given.values()))


def messages(proofs, commitment):
    created, added = ADA.statements
    offered = [*ADA.statements, add_device(created, [added], ADA.device_seed, PHONE_SEED)]
    offered[-1] = [offered[-1][0], offered[-1][1][:1]]
    good = {
        "hello": [0, proofs["newProof"], commitment],
        "answer": [1, proofs["oldProof"], OLD_NONCE, ADA.identity, "Ada"],
        "reveal": [2, PHONE, NEW_NONCE, "Phone"],
        "offer": [3, offered],
        "accept": [4, bytes(64)],
        "welcome": [5, GENESIS, SECRET, INVITE_SEED],
    }
    for kind, fields in good.items():
        assert pairing.decode_message(encode(fields)) == kind
        yield {"title": f"{kind}", "section": "messages", "input": {"message": encode(fields)}, "expect": {"type": kind}}
    for title, message in [
        ("a kind that there is not", encode([6, bytes(64)])),
        ("one field more", encode([*good["hello"], bytes(32)])),
        ("one field less", encode(good["answer"][:-1])),
        ("a proof of 31 bytes", encode([0, proofs["newProof"][1:], commitment])),
        ("a name of no character", encode([*good["reveal"][:-1], ""])),
        ("a name with a control character", encode([*good["answer"][:-1], "A\u0007da"])),
        ("a signature of 63 bytes", encode([4, bytes(63)])),
        ("a genesis of 513 bytes", encode([5, bytes(513), SECRET, INVITE_SEED])),
        ("bytes that are no CBOR", b"\xff"),
        ("a byte behind its end", encode(good["accept"]) + b"\x00"),
        ("nothing", b""),
    ]:
        yield refused(title, "messages", {"message": message}, "pairing/message", lambda: pairing.decode_message(message))


def links():
    values = {"key": LINK_KEY, "secret": LINK_SECRET, "expires": EXPIRES, "addresses": [["192.0.2.7", 49_737]]}

    def made(version=1, kind="pair", **changed):
        return link.link_code(kind, link.link_payload(version, [*{**values, **changed}.values()]))

    code = made()
    told = {**values, "addresses": [{"host": host, "port": port} for host, port in values["addresses"]]}
    yield {"title": "a link to Ada's laptop", "section": "link", "input": told, "expect": {"code": code}}
    for title, text in [
        ("the page's form of a link", f"http://localhost:7717/#/pair/{code}"),
        ("the short form of a link", f"parley:pair/{code}"),
    ]:
        assert pairing.decode_pairing_link(text)["key"] == LINK_KEY
        yield {"title": title, "section": "link", "input": {"link": text}, "expect": {"key": LINK_KEY, "secret": LINK_SECRET}}
    for title, text, error in [
        ("a link to a room", made(kind="join"), "link/malformed"),
        ("the form of a link to a room", f"parley:join/{code}", "link/malformed"),
        ("one character changed", ("A" if code[0] != "A" else "B") + code[1:], "link/malformed"),
        ("version 2", made(version=2), "link/newer"),
        ("a secret of 31 bytes", made(secret=LINK_SECRET[1:]), "link/malformed"),
        ("no end", made(expires=None), "link/malformed"),
        ("a host name to dial", made(addresses=[["example.org", 49_737]]), "link/malformed"),
        ("nine addresses", made(addresses=[["192.0.2.7", port] for port in range(1, 10)]), "link/malformed"),
    ]:
        yield refused(title, "link", {"link": text}, error, lambda: pairing.decode_pairing_link(text))
