"""specs/replication.md: where nodes look for each other, and what they prove."""

from .encoding import in_domain, u8, u64
from .errors import ProtocolError
from .primitives import expand, verify

DAY = 86_400_000
TWO_HOURS = 7_200_000
ROLES = {"initiator": 0, "responder": 1}


def topics(discovery, time):
    days = sorted({(time - TWO_HOURS) // DAY, (time + TWO_HOURS) // DAY})
    return [expand(discovery, in_domain("topic", u64(day))) for day in days]


def channel_id(admission, connection):
    return expand(admission, in_domain("channel", connection))


def room_proof(admission, connection, role):
    return expand(admission, in_domain("admission", connection, u8(ROLES[role])))


def check_room_proof(admission, connection, role, proof):
    if room_proof(admission, connection, role) != proof:
        raise ProtocolError("handshake/proof")


def device_signable(room, connection, role):
    return in_domain("handshake", room, connection, u8(ROLES[role]))


def check_device_proof(room, connection, role, device, signature):
    if not verify(signature, device_signable(room, connection, role), device):
        raise ProtocolError("handshake/device")
