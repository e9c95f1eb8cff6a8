SPEC = "encoding.md"
NOTE = "What every maker of the primitives must answer. The verdicts on signatures are libsodium's."

import curve
from parley_reference import primitives

from .cast import seed

MESSAGE = b"parley"


def cases():
    yield from hashes()
    yield from signing()
    yield from refused()
    yield from cofactor()
    yield from keys()
    yield from sealing()


def hashes():
    for title, data in [("of nothing", b""), ("of three bytes", b"abc"), ("of more than one block", bytes(range(200)))]:
        yield {
            "title": f"SHA-256 and BLAKE2b-256 {title}",
            "section": "primitives",
            "input": {"data": data},
            "expect": {"sha256": primitives.sha256(data), "blake2b256": primitives.blake2b256(data)},
        }
    for title, key in [("a short key", b"key"), ("a key longer than a block", bytes(100))]:
        yield {
            "title": f"HMAC with {title}",
            "section": "primitives",
            "input": {"key": key, "data": MESSAGE},
            "expect": {"hmacSha256": primitives.hmac_sha256(key, MESSAGE)},
        }
    extracted = primitives.extract(seed(1))
    yield {
        "title": "HKDF, extracted without a salt and expanded once",
        "section": "primitives",
        "input": {"secret": seed(1), "info": MESSAGE},
        "steps": {"extracted": extracted},
        "expect": {"expanded": primitives.expand(extracted, MESSAGE)},
    }


def signing():
    for number, message in [(1, b""), (2, MESSAGE), (3, bytes(300))]:
        key = primitives.public_key(seed(number))
        signature = primitives.sign(message, seed(number))
        assert primitives.verify(signature, message, key)
        yield {
            "title": f"a signature over {len(message)} bytes",
            "section": "signatures",
            "input": {"seed": seed(number), "message": message},
            "expect": {"key": key, "signature": signature},
        }
        yield verdict(f"that signature over {len(message)} bytes", signature, message, key, True)


def refused():
    key = primitives.public_key(seed(2))
    good = primitives.sign(MESSAGE, seed(2))
    r, s = good[:32], int.from_bytes(good[32:], "little")
    torsion = curve.torsion()
    secret = curve.scalar_of(seed(2))
    for title, signature, message, by in [
        ("another message", good, b"parlex", key),
        ("another key", good, MESSAGE, primitives.public_key(seed(3))),
        ("one bit of R flipped", bytes([r[0] ^ 1]) + good[1:], MESSAGE, key),
        ("one bit of S flipped", good[:32] + bytes([good[32] ^ 1]) + good[33:], MESSAGE, key),
        ("S with the group order added", r + (s + curve.ORDER).to_bytes(32, "little"), MESSAGE, key),
        ("S with its highest bit set", good[:63] + bytes([good[63] | 0x80]), MESSAGE, key),
        ("63 bytes", good[:63], MESSAGE, key),
        ("65 bytes", good + b"\0", MESSAGE, key),
        ("nothing", b"", MESSAGE, key),
        ("a key of 31 bytes", good, MESSAGE, key[:31]),
    ]:
        yield verdict(title, signature, message, by, False)
    # With k = 0 mod 8 these would hold without the rules on small order: search for a message that makes it so.
    for order in (1, 2, 4, 8):
        small = curve.multiply(8 // order, torsion)
        encoded = curve.encode_point(small)
        nonce_point = curve.multiply(9, curve.BASE)
        message = find(lambda each: curve.challenge(curve.encode_point(nonce_point), encoded, each) % 8 == 0)
        forged = curve.signature_with(0, encoded, nonce_point, 9, message)
        yield verdict(f"a key of order {order}, for which S·B = R + k·A holds", forged, message, encoded, False)
        message = find(lambda each: True)
        forged = curve.encode_point(small) + ((curve.challenge(curve.encode_point(small), key, message) * secret) % curve.ORDER).to_bytes(32, "little")
        yield verdict(f"an R of order {order}, which the signer may have chosen", forged, message, key, False)
    for title, y, sign_bit in [("y = p", curve.P, 0), ("y = p + 1", curve.P + 1, 0), ("-0 as x, y = 1", 1, 1), ("-0 as x, y = -1", curve.P - 1, 1)]:
        encoded = (y | sign_bit << 255).to_bytes(32, "little")
        forged = curve.signature_with(0, encoded, curve.multiply(9, curve.BASE), 9, MESSAGE)
        yield verdict(f"a key in a second encoding: {title}", forged, MESSAGE, encoded, False)
        yield verdict(f"an R in a second encoding: {title}", encoded + bytes(32), MESSAGE, key, False)
    off = next(y for y in range(2, 100) if curve.from_y(y, 0) is None)
    yield verdict("a key that is no point", good, MESSAGE, off.to_bytes(32, "little"), False)
    second = next(y for y in range(2, 19) if curve.from_y(y, 0) is not None)
    yield verdict("a key of great order in a second encoding", good, MESSAGE, (second + curve.P).to_bytes(32, "little"), False)


def cofactor():
    """Keys and R with a part of small order: verifying with the cofactor and without it differ."""
    torsion, secret = curve.torsion(), curve.scalar_of(seed(2))
    clean = curve.multiply(secret, curve.BASE)
    mixed = curve.add(clean, torsion)
    nonce_point = curve.multiply(9, curve.BASE)
    r = curve.encode_point(nonce_point)
    key = curve.encode_point(mixed)
    for title, wanted, remainder in [("that vanishes, as k is a multiple of 8", True, 0), ("that does not vanish", False, 1)]:
        message = find(lambda each: curve.challenge(r, key, each) % 8 == remainder)
        signature = curve.signature_with(secret, key, nonce_point, 9, message)
        yield verdict(f"a key with a part of order 8 {title}", signature, message, key, wanted)
    clean_key = curve.encode_point(clean)
    signature = curve.signature_with(secret, clean_key, curve.add(nonce_point, torsion), 9, MESSAGE)
    yield verdict("an R with a part of order 8 that does not vanish", signature, MESSAGE, clean_key, False)
    mixed_r = curve.add(nonce_point, torsion)
    message = find(lambda each: curve.challenge(curve.encode_point(mixed_r), key, each) % 8 == 7)
    signature = curve.signature_with(secret, key, mixed_r, 9, message)
    yield verdict("an R and a key whose parts of order 8 cancel", signature, message, key, True)


def find(wanted):
    return next(message for message in (b"parley %d" % number for number in range(10_000)) if wanted(message))


def verdict(title, signature, message, key, valid):
    assert primitives.verify(signature, message, key) is valid, title
    return {
        "title": f"verifying {title}",
        "section": "signatures",
        "input": {"signature": signature, "message": message, "key": key},
        "expect": {"valid": valid},
    }


def keys():
    torsion = curve.torsion()
    clean = curve.multiply(7, curve.BASE)
    off = next(y for y in range(2, 100) if curve.from_y(y, 0) is None)
    second = next(y for y in range(2, 19) if curve.from_y(y, 0) is not None)
    for title, key, valid in [
        ("of a seed", primitives.public_key(seed(1)), True),
        ("that is seven times the base point", curve.encode_point(clean), True),
        ("with a part of order 8", curve.encode_point(curve.add(clean, torsion)), False),
        ("with a part of order 2", curve.encode_point(curve.add(clean, curve.multiply(4, torsion))), False),
        ("of order 1", curve.encode_point(curve.NEUTRAL), False),
        ("of order 8", curve.encode_point(torsion), False),
        ("of zeros, which has order 4", bytes(32), False),
        ("that is no point", off.to_bytes(32, "little"), False),
        ("in a second encoding", (second + curve.P).to_bytes(32, "little"), False),
        ("of 31 bytes", bytes(31), False),
    ]:
        assert primitives.is_valid_key(key) is valid, title
        yield {"title": f"a key {title}", "section": "keys", "input": {"key": key}, "expect": {"valid": valid}}


def sealing():
    key, associated = seed(5), b"where it stands"
    for title, plaintext in [("of nothing", b""), ("of six bytes", MESSAGE), ("of more than one block", bytes(range(200)))]:
        yield {
            "title": f"a sealed part {title}",
            "section": "sealing",
            "input": {"key": key, "plaintext": plaintext, "associated": associated},
            "expect": {"ciphertext": primitives.seal(key, plaintext, associated)},
        }
    good = primitives.seal(key, MESSAGE, associated)
    for title, with_key, ciphertext, about in [
        ("with another key", seed(6), good, associated),
        ("at another place", key, good, b"elsewhere"),
        ("with one bit flipped", key, bytes([good[0] ^ 1]) + good[1:], associated),
        ("without its last byte", key, good[:-1], associated),
        ("shorter than a tag", key, good[:15], associated),
    ]:
        assert primitives.open_sealed(with_key, ciphertext, about) is None if len(ciphertext) >= 16 else True
        yield {
            "title": f"a sealed part {title} does not open",
            "section": "sealing",
            "input": {"key": with_key, "ciphertext": ciphertext, "associated": about},
            "expect": {"plaintext": None},
        }
