SPEC = "replication.md"
NOTE = "Topics of Ada's room, and the proofs of one connection. The broken cases are the good proof with one thing changed."

from parley_reference import replication, room
from parley_reference.errors import ProtocolError
from parley_reference.primitives import sign

from .cast import BO, CY, ROOM, SECRETS, seed

CONNECTION = bytes(range(64))
MIDNIGHT = 19_700 * replication.DAY


def cases():
    for role in ("initiator", "responder"):
        yield {
            "title": f"what the {role} of a connection sends",
            "section": "channel",
            "input": {"admission": SECRETS["admission"], "room": ROOM, "connection": CONNECTION, "role": role},
            "expect": {
                "channelId": replication.channel_id(SECRETS["admission"], CONNECTION),
                "roomProof": replication.room_proof(SECRETS["admission"], CONNECTION, role),
                "deviceSignable": replication.device_signable(ROOM, CONNECTION, role),
            },
        }
    for title, time in [
        ("at noon", MIDNIGHT + replication.DAY // 2),
        ("one millisecond before 22:00", MIDNIGHT - replication.TWO_HOURS - 1),
        ("at 22:00", MIDNIGHT - replication.TWO_HOURS),
        ("at midnight", MIDNIGHT),
        ("one millisecond before 02:00", MIDNIGHT + replication.TWO_HOURS - 1),
        ("at 02:00", MIDNIGHT + replication.TWO_HOURS),
    ]:
        yield {
            "title": f"topics {title}",
            "section": "topics",
            "input": {"discovery": SECRETS["discovery"], "time": time},
            "expect": {"topics": replication.topics(SECRETS["discovery"], time)},
        }
    yield from refused()


def refused():
    good = {
        "admission": SECRETS["admission"],
        "connection": CONNECTION,
        "role": "initiator",
        "proof": replication.room_proof(SECRETS["admission"], CONNECTION, "initiator"),
    }
    signable = replication.device_signable(ROOM, CONNECTION, "initiator")
    signed = {"room": ROOM, "connection": CONNECTION, "role": "initiator", "device": BO.device, "signature": sign(signable, BO.device_seed)}
    replication.check_room_proof(*good.values())
    replication.check_device_proof(*signed.values())
    for title, change in [
        ("a proof sent back to who made it", {"role": "responder"}),
        ("a proof from another connection", {"connection": CONNECTION[::-1]}),
        ("a proof of another room", {"admission": room.room_secrets(seed(9))["admission"]}),
        ("one bit of a proof", {"proof": bytes([good["proof"][0] ^ 1]) + good["proof"][1:]}),
        ("an empty proof", {"proof": b""}),
    ]:
        yield case(title, {**good, **change}, replication.check_room_proof)
    for title, change in [
        ("a device's signature sent back to who made it", {"role": "responder"}),
        ("a device's signature from another connection", {"connection": CONNECTION[::-1]}),
        ("a device's signature for another room", {"room": seed(9)}),
        ("the signature of another device", {"device": CY.device}),
    ]:
        yield case(title, {**signed, **change}, replication.check_device_proof)


def case(title, changed, check):
    try:
        check(*changed.values())
    except ProtocolError as error:
        return {"title": title, "section": "verifying", "input": changed, "error": error.code}
    raise AssertionError(title)
