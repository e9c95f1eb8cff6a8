SPEC = "identity.md"
NOTE = "Ada's statements, and what is refused of them. Each broken case is the good one with one thing changed."

import copy

import curve
from parley_reference.encoding import encode
from parley_reference.errors import ProtocolError
from parley_reference.identity import (
    add_device,
    cap_of,
    create_identity,
    fold_identity,
    gather,
    recovery_seed,
    resolve_identity,
    revoke_device,
    rotate_recovery,
    safety_half,
    safety_number,
    sign_payload,
)
from parley_reference.primitives import public_key, sha256, sign

from .cast import ADA, BO, CY, seed

created, added = ADA.statements
recovery, next_recovery = ADA.seeds["recovery"], ADA.seeds["nextRecovery"]
PHONE, TABLET, THIEF = seed(0x14), seed(0x15), seed(0x16)


def signed(payload):
    return sign_payload(payload, recovery, ADA.device_seed)


def folded(statements):
    identity, devices, revoked = resolve_identity(statements)
    caps = [[dict(zip(("log", "length", "treeHash"), cap)) for cap in each] for _, each in revoked]
    return {"id": identity, "devices": devices, "revoked": [{"device": device, "caps": each} for (device, _), each in zip(revoked, caps)]}


def cases():
    yield {
        "title": "Ada and her first device",
        "section": "format",
        "input": ADA.seeds,
        "steps": {"recoveryKey": public_key(recovery), "deviceKey": ADA.device, "statements": ADA.statements},
        "expect": folded(ADA.statements),
    }
    second = [*ADA.statements, add_device(created, [added], recovery, PHONE)]
    for title, statements in [("a second device", second), ("no device yet", [created])]:
        yield {"title": title, "section": "verifying", "input": {"statements": statements}, "expect": folded(statements)}
    yield {
        "title": "a device that speaks for the identity",
        "section": "verifying",
        "input": {"statements": ADA.statements, "device": ADA.device},
        "expect": folded(ADA.statements),
    }
    yield from broken()
    yield from counting()
    yield from several_places()
    yield from recovery_keys()
    yield from safety_numbers()


def broken():
    bad_key = curve.encode_point(curve.torsion())
    key, phone = public_key(recovery), public_key(PHONE)
    first, second = sha256(created[0]), sha256(added[0])
    later = add_device(created, [added], recovery, PHONE)
    cap = [seed(0x51), 3, seed(0x52)]

    def payload(*changes, kind="device-added", identity=ADA.identity, follows=(first,), by=key, rest=(ADA.device,)):
        return encode([kind, identity, list(follows), by, *rest])

    def revoked(caps, follows=(second,)):
        return [created, added, sign_payload(payload(kind="device-revoked", follows=follows, rest=(ADA.device, caps)), recovery)]

    def created_with(*fields):
        return [sign_payload(encode(list(fields)), recovery)]

    commitment = sha256(public_key(next_recovery))
    flipped = copy.deepcopy(ADA.statements)
    flipped[0][0] = flipped[0][0][:-1] + bytes([flipped[0][0][-1] ^ 1])
    by_recovery = [created, [added[0], [sign_payload(added[0], BO.seeds["recovery"])[1][0], added[1][1]]]]
    by_device = [created, [added[0], [added[1][0], sign_payload(added[0], recovery, BO.device_seed)[1][1]]]]
    domain = [created, [added[0], [added[1][0], sign_payload(added[0], ADA.device_seed)[1][0]]]]
    for title, statements, code in [
        ("no statement", [], "identity/malformed"),
        ("a device first", [added], "encoding/unexpected-type"),
        ("a beginning of another kind", created_with("identity-begun", key, commitment), "identity/malformed"),
        ("a number as the kind", created_with(1, key, commitment), "encoding/unexpected-type"),
        ("a recovery key of 31 bytes", created_with("identity-created", key[:31], commitment), "encoding/unexpected-type"),
        ("a beginning with a byte after it", [[created[0] + b"\0", created[1]]], "encoding/malformed"),
        ("one bit of the beginning flipped", flipped, "identity/signature"),
        ("the beginning signed by another key", [[created[0], sign_payload(created[0], BO.seeds["recovery"])[1]]], "identity/signature"),
        ("the beginning signed twice", [[created[0], created[1] * 2]], "identity/signature"),
        ("a device without its own signature", [created, [added[0], added[1][:1]]], "identity/signature"),
        ("a device added in the name of the recovery key by another", by_recovery, "identity/signature"),
        ("a device accepted by another device", by_device, "identity/signature"),
        ("a device that signs in the domain of the recovery key", domain, "identity/signature"),
        ("a revocation signed by the device too", [created, added, signed(payload(kind="device-revoked", follows=(second,), rest=(ADA.device, [])))], "identity/signature"),
        ("a recovery key of order 8", created_with("identity-created", bad_key, commitment), "identity/key"),
        ("a device key of order 8", [created, signed(payload(rest=(bad_key,)))], "identity/key"),
        ("a signing key of order 8", [created, signed(payload(by=bad_key))], "identity/key"),
        ("a statement of an unknown kind", [created, signed(payload(kind="device-blessed"))], "identity/malformed"),
        ("a device of another identity", [created, signed(payload(identity=BO.identity))], "identity/malformed"),
        ("a device that follows nothing", [created, signed(payload(follows=()))], "identity/malformed"),
        ("a device that follows itself or what is not there", [created, signed(payload(follows=(second,)))], "identity/malformed"),
        ("a statement that follows one twice", [created, added, signed(payload(follows=(first, first), rest=(phone,)))], "identity/malformed"),
        ("a statement that follows in the wrong order", [created, added, signed(payload(follows=sorted((first, second), reverse=True), rest=(phone,)))], "identity/malformed"),
        ("a statement that follows seventeen", [created, signed(payload(follows=[seed(each) for each in range(17)]))], "encoding/unexpected-type"),
        ("a statement twice", [created, added, added], "identity/malformed"),
        ("two devices, each before what it follows", [created, later, added], "identity/malformed"),
        ("a device without the key that says it", [created, signed(encode(["device-added", ADA.identity, [first], ADA.device]))], "encoding/unexpected-type"),
        ("caps that name a log twice", revoked([cap, cap]), "identity/malformed"),
        ("a cap without a tree hash", revoked([cap[:2]]), "encoding/unexpected-type"),
        ("33 caps", revoked([[seed(each), 1, seed(0x52)] for each in range(33)]), "encoding/unexpected-type"),
    ]:
        check(statements, code, title)
        yield {"title": title, "section": "verifying", "input": {"statements": statements}, "error": code}
    large = {"statements": [[bytes(4_097), created[1]]]}
    check(large["statements"], "encoding/too-large", "large")
    yield {"title": "a beginning of 4,097 bytes", "section": "verifying", "input": large, "error": "encoding/too-large"}
    yield {
        "title": "a device that does not speak for the identity",
        "section": "verifying",
        "input": {"statements": ADA.statements, "device": BO.device},
        "error": "identity/device-unknown",
    }


def counting():
    """Ada's laptop is there from the start; the phone and the tablet come later, and a thief has one of them."""
    laptop = ADA.device_seed
    phone = add_device(created, [added], laptop, PHONE)
    tablet = add_device(created, [phone], PHONE, TABLET)
    three = [created, added, phone, tablet]
    rotated = rotate_recovery(created, [added], next_recovery, seed(0x19))
    restored = add_device(created, [created], recovery, seed(0x1A))

    def revoke(by, of, *follows, caps=()):
        return revoke_device(created, follows or [tablet], by, public_key(of), caps)

    def add(by, device, *follows):
        return add_device(created, follows or [tablet], by, device)

    def cap(length, log=0x51, hashed=0x52):
        return [seed(log), length, seed(hashed)]

    away = revoke(laptop, PHONE)
    back = revoke(PHONE, laptop)
    for title, statements in [
        ("a device that a device added, and one that this one added", three),
        ("the words make the same identity again, with another device", create_identity(recovery, next_recovery, TABLET)),
        ("a first device and one that came by the words, at the same time", [created, added, restored]),
        ("the same, in the other order", [created, restored, added]),
        ("a device that adds after it was revoked", [*three, away, add(PHONE, THIEF, away)]),
        ("a stranger who adds a device", [*three, add(BO.device_seed, THIEF)]),
        ("a device that adds itself", [created, add_device(created, [created], PHONE, PHONE)]),
        ("a device that adds before it was added, as far as it could know", [created, add_device(created, [created], laptop, PHONE), added]),
        ("a device that is revoked, with caps", [*three, revoke(laptop, PHONE, caps=[cap(3), cap(7, log=0x53)])]),
        ("a device that is revoked twice at the same time: the lower cap of a log that both name", [*three, revoke(laptop, PHONE, caps=[cap(9), cap(2, log=0x53)]), revoke(TABLET, PHONE, caps=[cap(4)])]),
        ("the same length with two tree hashes: the lesser", [*three, revoke(laptop, PHONE, caps=[cap(4, hashed=0x55)]), revoke(TABLET, PHONE, caps=[cap(4, hashed=0x54)])]),
        ("a device that is revoked keeps what it added before", [*three, away]),
        ("a device that is revoked, and adds at the same time: that falls", [*three, away, add(PHONE, THIEF)]),
        ("what such a device adds in turn falls with it", [*three, away, add(PHONE, THIEF), add(THIEF, seed(0x17), add(PHONE, THIEF))]),
        ("a device that is revoked, and revokes a third at the same time: that falls", [*three, away, revoke(PHONE, TABLET)]),
        ("two devices that revoke each other: both are revoked", [*three, away, back]),
        ("two devices that revoke each other, and one of them a third: that falls", [*three, away, back, revoke(PHONE, TABLET)]),
        ("three devices that revoke each other in a ring: all are revoked", [*three, away, revoke(PHONE, TABLET), revoke(TABLET, laptop)]),
        ("a device that revokes itself", [*three, revoke(PHONE, PHONE)]),
        ("a device that is revoked and added at the same time", [*three, away, add(TABLET, PHONE)]),
        ("a device that is revoked and added again afterwards", [*three, away, add(laptop, PHONE, away)]),
        ("a device revokes one that the words revoke it with, at the same time: the words win", [*three, revoke(recovery, PHONE), back]),
        ("the words add a device while another revokes it", [*three, add(recovery, THIEF), revoke(laptop, THIEF)]),
        ("a revocation of the recovery key as if it were a device", [*three, revoke_device(created, [tablet], PHONE, public_key(recovery)), add(recovery, THIEF)]),
        ("the recovery key is rotated: nothing is revoked, and the new one adds", [created, added, rotated, add(next_recovery, PHONE, rotated)]),
        ("the old recovery key adds afterwards", [created, added, rotated, add(recovery, THIEF, rotated)]),
        ("the old recovery key adds at the same time", [created, added, rotated, restored]),
        ("what the old recovery key added before stands", [created, added, restored, rotate_recovery(created, [restored], next_recovery, seed(0x19))]),
        ("a device revokes at the same time as the recovery key is rotated", [*three, away, rotate_recovery(created, [tablet], next_recovery, seed(0x19))]),
        ("a rotation to a key that was not committed to", [created, added, rotate_recovery(created, [added], THIEF, seed(0x19)), add(THIEF, PHONE, added)]),
        ("a rotation twice in a row", [created, added, rotated, rotate_recovery(created, [rotated], seed(0x19), seed(0x1B)), add(seed(0x19), PHONE, rotate_recovery(created, [rotated], seed(0x19), seed(0x1B)))]),
        ("two rotations at the same time that name two keys to come: either may take over", [created, added, rotated, rotate_recovery(created, [added], next_recovery, seed(0x1C)), rotate_recovery(created, [rotate_recovery(created, [added], next_recovery, seed(0x1C))], seed(0x1C), seed(0x1D)), add(seed(0x1C), PHONE, rotate_recovery(created, [rotate_recovery(created, [added], next_recovery, seed(0x1C))], seed(0x1C), seed(0x1D)))]),
    ]:
        yield {"title": title, "section": "what counts", "input": {"statements": statements}, "expect": folded(statements)}


def several_places():
    """Statements as they stand in several entries of a room, and how much of some logs counts by all of them."""
    laptop = ADA.device_seed
    phone = add_device(created, [created], recovery, PHONE)
    everywhere = revoke_device(created, [phone], PHONE, ADA.device)
    here = revoke_device(created, [everywhere], PHONE, ADA.device, [[seed(0x51), 3, seed(0x52)]])
    lower = revoke_device(created, [everywhere], PHONE, ADA.device, [[seed(0x51), 2, seed(0x53)]])
    thief = add_device(created, [added], laptop, THIEF)
    own, new = [created, added], [created, phone]
    logs = [(ADA.device, seed(0x51)), (ADA.device, seed(0x54)), (public_key(PHONE), seed(0x55)), (public_key(THIEF), seed(0x56))]
    for title, *places in [
        ("two devices, each by its own admission", own, new),
        ("a device is revoked: of a log that is not named nothing counts", own, new, [*new, everywhere]),
        ("the caps of one room, in another statement", own, new, [*new, everywhere], [*new, everywhere, here]),
        ("the same, the other way round", [*new, everywhere, here], [*new, everywhere], new, own),
        ("the lower of two caps", own, new, [*new, everywhere, here], [*new, everywhere, lower]),
        ("a device that the revoked one added at the same time", own, new, [*own, thief], [*new, everywhere, here]),
    ]:
        gathered = gather(places)
        caps = [cap_of(gathered, ADA.identity, device, log) for device, log in logs]
        together = [created, *{each[0]: each for place in places for each in place[1:]}.values()]
        told = {**folded(together), "caps": [None if cap == float("inf") else cap for cap in caps]}
        given = {"places": places, "logs": [{"device": device, "log": log} for device, log in logs]}
        yield {"title": title, "section": "statements from several places", "input": given, "expect": told}


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
