"""Compute anew what specs/vectors/imported/ says: hashlib, libsodium, OpenSSL, and points by the book. Prints the ids that differ; 1 if any does."""

import base64
import hashlib
import json
import re
import sys
from pathlib import Path

import curve
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from make_vectors import plain
from parley_reference import anchor, checkpoint, hpke, media_frame, merkle, primitives

FOLDER = Path(__file__).resolve().parent.parent / "vectors" / "imported"


def main():
    files = {path.stem: json.loads(path.read_text())["cases"] for path in sorted(FOLDER.glob("*.json"))}
    assert files.keys() == CHECKS.keys(), "a file without a check, or the other way round"
    differing = [case["id"] for name, cases in files.items() for case in cases if computed(CHECKS[name], case) != said(case)]
    differing += small_pairs([bytes.fromhex(case["input"]["key"]) for case in files["zip215"]])
    differing += words_that_differ(files["bip39"])
    print("\n".join(differing) or "no difference")
    return 1 if differing else 0


def said(case):
    return {**case.get("steps", {}), **case["expect"]}


def computed(compute, case):
    values = compute({**case["input"], **case["expect"]})
    return {name: value.hex() if isinstance(value, bytes) else value for name, value in values.items()}


def hkdf(case):
    """RFC 5869, 2.2 and 2.3."""
    extracted = primitives.hmac_sha256(unhex(case["salt"]) or bytes(32), unhex(case["secret"]))
    block, expanded = b"", b""
    for number in range(1, 4):
        block = primitives.hmac_sha256(extracted, block + unhex(case["info"]) + bytes([number]))
        expanded += block
    return {"extracted": extracted, "expanded": expanded[: len(case["expanded"]) // 2]}


def blake2b(case):
    return {"blake2b256": hashlib.blake2b(unhex(case["data"]), digest_size=32).digest()}


def signed(case):
    seed = unhex(case["seed"])
    return {"key": primitives.public_key(seed), "signature": primitives.sign(unhex(case["message"]), seed)}


def sealed(case):
    cipher, plaintext, associated = ChaCha20Poly1305(unhex(case["key"])), unhex(case["plaintext"]), unhex(case["associated"])
    return {
        "ciphertext": cipher.encrypt(unhex(case["nonce"]), plaintext, associated),
        "withZeroNonce": cipher.encrypt(bytes(12), plaintext, associated),
    }


def sealed_to(case):
    ephemeral, recipient, info = [unhex(case[name]) for name in ("ephemeralSecret", "recipientKey", "info")]
    plaintext, associated = unhex(case["plaintext"]), unhex(case["associated"])
    assert hpke.public_half(unhex(case["recipientSecret"])) == recipient
    sealed = hpke.seal(recipient, plaintext, info, associated, ephemeral)
    assert hpke.open_sealed(unhex(case["recipientSecret"]), sealed, info, associated) == plaintext
    secret = hpke.shared_secret(hpke.exchange(ephemeral, recipient), sealed[:32], recipient)
    return {"sharedSecret": secret, "encapsulated": sealed[:32], "ciphertext": sealed[32:]}


def framed(case):
    """RFC 9605, 4.3 to 4.4."""
    key_id, counter = int(case["key"]), int(case["counter"])
    header = media_frame.encode_header(key_id, counter)
    if "encoded" in case:
        return {"encoded": header}
    base_key, metadata, plaintext = [unhex(case[name]) for name in ("baseKey", "metadata", "plaintext")]
    secret, key, salt = media_frame.secrets(key_id, base_key)
    sealed = media_frame.seal(key_id, base_key, counter, metadata, plaintext)
    return {"secret": secret, "frameKey": key, "salt": salt, "nonce": media_frame.nonce_of(salt, counter), "associated": header + metadata, "frame": sealed}


def judged(case):
    return {"valid": is_valid(unhex(case["signature"]), unhex(case["message"]), unhex(case["key"]))}


def is_valid(signature, message, key):
    """specs/encoding.md#signatures, step by step; libsodium must say the same."""
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    points = [strict_point(key), strict_point(r)]
    verdict = s < curve.ORDER and None not in points and curve.encode_point(r_from(s, curve.challenge(r, key, message), points[0])) == r
    assert verdict is primitives.verify(signature, message, key)
    return verdict


def r_from(s, k, point):
    """S·B - k·A."""
    negative = (-point[0] % curve.P, point[1])
    return curve.add(curve.multiply(s, curve.BASE), curve.multiply(k, negative))


def strict_point(encoded):
    """A point in its one encoding and not of small order, or None."""
    number = int.from_bytes(encoded, "little")
    y = number & (1 << 255) - 1
    point = curve.from_y(y, number >> 255) if y < curve.P else None
    is_strict = point and curve.encode_point(point) == encoded and curve.multiply(8, point) != curve.NEUTRAL
    return point if is_strict else None


def small_pairs(keys):
    """Those of the 196 signatures with S = 0 that are valid: none may be."""
    pairs = [(r, key) for r in keys for key in keys]
    assert len(set(pairs)) == 196
    return [f"zip215: R {r.hex()}, A {key.hex()}" for r, key in pairs if is_valid(r + bytes(32), b"Zcash", key)]


def tree(case):
    """RFC 6962, 2.1."""
    return {"root": merkle.root([merkle.leaf_hash(unhex(leaf)) for leaf in case["leaves"]])}


def anchored(case):
    """specs/anchor.md and specs/evm.md, for a reader who knows the block."""
    known = [(each["chain"], each["height"], unhex(each["hash"])) for each in case["known"]]
    findings = anchor.verify_anchor(unhex(case["commitment"]), anchor.decode_proof(unhex(case["proof"])), known, {})
    return {"findings": plain(findings)}


def noted(case):
    """C2SP signed-note, with algorithm 01."""
    text, line = unhex(case["note"]).decode().split("\n\n")
    name, encoded = re.fullmatch("— ([^ +]+) ([^ ]+)\n", line).groups()
    key_id, signature = base64.b64decode(encoded)[:4], base64.b64decode(encoded)[4:]
    assert name == case["name"] and key_id == checkpoint.key_id(name, 1, unhex(case["key"]))
    assert primitives.verify(signature, f"{text}\n".encode(), unhex(case["key"]))
    return {"text": f"{text}\n", "keyId": key_id, "signature": signature}


def recovery(case):
    stretched = hashlib.pbkdf2_hmac("sha512", case["words"].encode(), b"mnemonicTREZOR", 2048)
    return {"words": case["words"], "seed": stretched}


def words_that_differ(cases):
    """The list of words is not here. But one number must always be one word, and the words of greater numbers come later in the alphabet."""
    words = {}
    differing = []
    for case in cases:
        told = case["expect"]["words"].split()
        numbers = numbers_of(unhex(case["input"]["entropy"]))
        if len(told) != len(numbers) or any(words.setdefault(number, word) != word for number, word in zip(numbers, told)):
            differing.append(case["id"])
    in_order = [words[number] for number in sorted(words)]
    return differing + ([] if in_order == sorted(set(in_order)) else ["bip39: the order of its words"])


def numbers_of(entropy):
    """BIP-39: the entropy, then the first bits of its hash, in groups of 11."""
    bits = "".join(f"{byte:08b}" for byte in entropy)
    bits += f"{hashlib.sha256(entropy).digest()[0]:08b}"[: len(entropy) // 4]
    return [int(bits[at : at + 11], 2) for at in range(0, len(bits), 11)]


unhex = bytes.fromhex

CHECKS = {
    "anvil": anchored,
    "bip39": recovery,
    "litecoind": anchored,
    "rfc5869": hkdf,
    "rfc7693": blake2b,
    "rfc6962": tree,
    "rfc8032": signed,
    "rfc8439": sealed,
    "rfc9180": sealed_to,
    "rfc9605": framed,
    "signed-note": noted,
    "speccheck": judged,
    "zip215": lambda case: {"valid": primitives.is_valid_key(unhex(case["key"]))},
}


if __name__ == "__main__":
    sys.exit(main())
