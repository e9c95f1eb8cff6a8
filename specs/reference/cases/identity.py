SPEC = "identity.md"
NOTE = "Ada's statements, and what is refused of them. Each broken case is the good one with one thing changed."

import copy

import curve
from parley_reference.encoding import encode, in_domain, u8
from parley_reference.errors import ProtocolError
from parley_reference.identity import add_device, fold_identity, recovery_seed, safety_half, safety_number
from parley_reference.primitives import expand, extract, public_key, sha256, sign

from .cast import ADA, BO, CY, seed

created, added = ADA.statements
recovery = ADA.seeds["recovery"]


def signed(payload, device_seed=ADA.device_seed):
    return [payload, [sign(in_domain("identityStatement", payload), recovery), sign(in_domain("deviceAccepts", payload), device_seed)]]


def folded(statements):
    identity, devices = fold_identity(statements)
    return {"id": identity, "devices": devices}


def cases():
    yield {
        "title": "Ada and her first device",
        "section": "format",
        "input": ADA.seeds,
        "steps": {"recoveryKey": public_key(recovery), "deviceKey": ADA.device, "statements": ADA.statements},
        "expect": folded(ADA.statements),
    }
    second = [*ADA.statements, add_device(created, ADA.statements, recovery, seed(0x14))]
    for title, statements in [("a second device", second), ("no device yet", [created])]:
        yield {"title": title, "section": "verifying", "input": {"statements": statements}, "expect": folded(statements)}
    yield {
        "title": "a device that speaks for the identity",
        "section": "verifying",
        "input": {"statements": ADA.statements, "device": ADA.device},
        "expect": folded(ADA.statements),
    }
    yield from broken()
    yield from recovery_keys()
    yield from safety_numbers()


def broken():
    bad_key = curve.encode_point(curve.torsion())
    second = add_device(created, ADA.statements, recovery, seed(0x14))
    other_link = encode(["device-added", sha256(in_domain("identity", created[0])), sha256(added[0]), ADA.device])
    other_identity = encode(["device-added", BO.identity, sha256(created[0]), ADA.device])
    unknown = encode(["device-blessed", sha256(in_domain("identity", created[0])), sha256(created[0]), ADA.device])
    small = encode(["device-added", sha256(in_domain("identity", created[0])), sha256(created[0]), bad_key])
    torsion_recovery = encode(["identity-created", bad_key, sha256(public_key(ADA.seeds["nextRecovery"]))])
    numbered = encode([1, public_key(recovery), sha256(public_key(ADA.seeds["nextRecovery"]))])
    short = encode(["identity-created", public_key(recovery)[:31], sha256(public_key(ADA.seeds["nextRecovery"]))])
    flipped = copy.deepcopy(ADA.statements)
    flipped[0][0] = flipped[0][0][:-1] + bytes([flipped[0][0][-1] ^ 1])
    by_recovery = [created, [added[0], [sign(in_domain("identityStatement", added[0]), BO.seeds["recovery"]), added[1][1]]]]
    by_device = [created, [added[0], [added[1][0], sign(in_domain("deviceAccepts", added[0]), BO.device_seed)]]]
    domain = [created, [added[0], [added[1][0], sign(in_domain("identityStatement", added[0]), ADA.device_seed)]]]
    for title, statements, code in [
        ("no statement", [], "identity/malformed"),
        ("a device first", [added], "encoding/unexpected-type"),
        ("a beginning of another kind", [[encode(["identity-begun", public_key(recovery), bytes(32)]), created[1]]], "identity/malformed"),
        ("a number as the kind", [[numbered, created[1]]], "encoding/unexpected-type"),
        ("a recovery key of 31 bytes", [[short, created[1]]], "encoding/unexpected-type"),
        ("a beginning with a byte after it", [[created[0] + b"\0", created[1]]], "encoding/malformed"),
        ("a beginning of 513 bytes", [[bytes(513), created[1]]], "encoding/too-large"),
        ("one bit of the beginning flipped", flipped, "identity/signature"),
        ("the beginning signed by another key", [[created[0], [sign(in_domain("identityStatement", created[0]), BO.seeds["recovery"])]]], "identity/signature"),
        ("the beginning signed twice", [[created[0], created[1] * 2]], "identity/signature"),
        ("a device without its own signature", [created, [added[0], added[1][:1]]], "identity/signature"),
        ("a device added by another recovery key", by_recovery, "identity/signature"),
        ("a device accepted by another device", by_device, "identity/signature"),
        ("a device that signs in the domain of the recovery key", domain, "identity/signature"),
        ("a recovery key of order 8", [[torsion_recovery, created[1]]], "identity/key"),
        ("a device key of order 8", [created, signed(small)], "identity/key"),
        ("a statement of an unknown kind", [created, signed(unknown)], "identity/malformed"),
        ("a device of another identity", [created, signed(other_identity)], "identity/malformed"),
        ("a device that follows another statement", [created, signed(other_link)], "identity/malformed"),
        ("the first device left out before the second", [created, second], "identity/malformed"),
        ("two devices in the other order", [created, second, added], "identity/malformed"),
    ]:
        check(statements, code, title)
        yield {"title": title, "section": "verifying", "input": {"statements": statements}, "error": code}
    yield {
        "title": "a device that does not speak for the identity",
        "section": "verifying",
        "input": {"statements": ADA.statements, "device": BO.device},
        "error": "identity/device-unknown",
    }


def check(statements, code, title):
    try:
        fold_identity(statements)
    except ProtocolError as error:
        assert error.code == code, (title, error.code)
    else:
        raise AssertionError(title)


# BIP-39's own English test vectors give these words for these bytes.
WORDS = {
    "00" * 32: "abandon " * 23 + "art",
    "7f" * 32: ("legal winner thank year wave sausage worth useful " * 3).strip().rsplit(" ", 1)[0] + " title",
    "80" * 32: ("letter advice cage absurd amount doctor acoustic avoid " * 3).strip().rsplit(" ", 1)[0] + " bless",
    "ff" * 32: "zoo " * 23 + "vote",
}


def recovery_keys():
    for entropy, words in WORDS.items():
        for index in (0, 1) if entropy.startswith("00") else (0,):
            recovered = recovery_seed(words, index)
            yield {
                "title": f"the words of {entropy[:2]}…, recovery key {index}",
                "section": "recovery",
                "input": {"entropy": entropy, "index": index},
                "expect": {"words": words, "seed": recovered, "key": public_key(recovered)},
            }


def safety_numbers():
    for title, a, b in [
        ("Ada and Bo", ADA.identity, BO.identity),
        ("Bo and Ada: the same", BO.identity, ADA.identity),
        ("Ada and Cy: half of it is Ada's", ADA.identity, CY.identity),
        ("ids of zeros and of ones", bytes(32), b"\xff" * 32),
    ]:
        steps = {"halves": [safety_half(each) for each in sorted([a, b])]}
        yield {"title": title, "section": "safety number", "input": {"a": a, "b": b}, "steps": steps, "expect": {"digits": safety_number(a, b)}}
