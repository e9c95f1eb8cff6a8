"""specs/pairing.md: a new device by a link."""

from .encoding import as_array, as_bytes, as_text, as_time, as_uint, decode, encode, in_domain
from .errors import ProtocolError
from .identity import statements_from_cbor
from .link import decode_code, dial_address
from .primitives import expand, sha256
from .room import MOST_GENESIS_BYTES, MOST_HINTS, MOST_NAME_BYTES, require_name

MOST_MESSAGE_BYTES = 300_000
SIDES = {"new": b"\x00", "old": b"\x01"}


def decode_pairing_link(text):
    return decode_code("pair", text, _link)


def _link(content):
    key, secret, expires, addresses = as_array(content, 4)
    return {
        "key": as_bytes(key, 32),
        "secret": as_bytes(secret, 32),
        "expires": as_time(expires),
        "addresses": [dial_address(each) for each in as_array(addresses, most=MOST_HINTS)],
    }


def prove(secret, connection, side):
    return expand(secret, in_domain("pairingProof", connection, SIDES[side]))


def check_proof(secret, connection, side, proof):
    if prove(secret, connection, side) != proof:
        raise ProtocolError("pairing/proof")


def commit(device, nonce, label):
    return sha256(in_domain("pairingCommitment", encode([device, nonce, label])))


def check_commitment(device, nonce, label, commitment):
    if commit(device, nonce, label) != commitment:
        raise ProtocolError("pairing/commitment")


def comparison_code(connection, identity, old_nonce, device, new_nonce, label):
    digest = sha256(in_domain("pairingCode", encode([connection, identity, old_nonce, device, new_nonce, label])))
    return f"{int.from_bytes(digest[:6], 'big') % 1_000_000:06d}"


def _name(value):
    return require_name(as_text(value, MOST_NAME_BYTES))


FIELDS = [
    ("hello", [lambda v: as_bytes(v, 32), lambda v: as_bytes(v, 32)]),
    ("answer", [lambda v: as_bytes(v, 32), lambda v: as_bytes(v, 32), lambda v: as_bytes(v, 32), _name]),
    ("reveal", [lambda v: as_bytes(v, 32), lambda v: as_bytes(v, 32), _name]),
    ("offer", [statements_from_cbor]),
    ("accept", [lambda v: as_bytes(v, 64)]),
    ("welcome", [lambda v: as_bytes(v, most=MOST_GENESIS_BYTES), lambda v: as_bytes(v, 32), lambda v: as_bytes(v, 32)]),
]


def decode_message(data):
    """The type of a message; raises unless it is of its form."""
    try:
        number, *fields = as_array(decode(data, MOST_MESSAGE_BYTES), most=5)
        if as_uint(number) >= len(FIELDS):
            raise ProtocolError("pairing/message", "of a kind that is not known")
        kind, readers = FIELDS[number]
        if len(fields) != len(readers):
            raise ProtocolError("pairing/message", "too many fields, or too few")
        for reader, field in zip(readers, fields):
            reader(field)
        return kind
    except ProtocolError as error:
        raise ProtocolError("pairing/message", str(error)) from None
