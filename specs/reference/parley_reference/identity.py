"""specs/identity.md: signed sentences about a person and their devices."""

import hashlib
import unicodedata

from .encoding import as_array, as_bytes, as_text, decode, encode, in_domain, u8
from .errors import ProtocolError
from .primitives import expand, extract, is_valid_key, public_key, sha256, sign, verify

MOST_STATEMENT_BYTES = 512
MOST_STATEMENTS = 64


def create_identity(recovery_seed, next_recovery_seed, device_seed):
    created = encode(["identity-created", public_key(recovery_seed), sha256(public_key(next_recovery_seed))])
    first = [created, [sign(in_domain("identityStatement", created), recovery_seed)]]
    return [first, add_device(first, [first], recovery_seed, device_seed)]


def add_device(first, statements, recovery_seed, device_seed):
    identity = sha256(in_domain("identity", first[0]))
    added = encode(["device-added", identity, sha256(statements[-1][0]), public_key(device_seed)])
    signatures = [sign(in_domain("identityStatement", added), recovery_seed), sign(in_domain("deviceAccepts", added), device_seed)]
    return [added, signatures]


def statements_from_cbor(value):
    statements = []
    for item in as_array(value, most=MOST_STATEMENTS):
        payload, signatures = as_array(item, 2)
        as_bytes(payload, most=MOST_STATEMENT_BYTES)
        statements.append([payload, [as_bytes(each, 64) for each in as_array(signatures, most=2)]])
    return statements


def fold_identity(statements):
    """(id, devices) of the identity that these statements make."""
    if not statements:
        raise ProtocolError("identity/malformed", "no statement")
    payload, signatures = statements[0]
    kind, recovery, following = as_array(decode(payload, MOST_STATEMENT_BYTES), 3)
    if as_text(kind, 32) != "identity-created":
        raise ProtocolError("identity/malformed", "not a beginning")
    _check_key(as_bytes(recovery, 32))
    as_bytes(following, 32)
    _check_signatures(payload, signatures, [("identityStatement", recovery)])
    identity = sha256(in_domain("identity", payload))
    devices = []
    previous = payload
    for payload, signatures in statements[1:]:
        kind, of, link, device = as_array(decode(payload, MOST_STATEMENT_BYTES), 4)
        if as_text(kind, 32) != "device-added":
            raise ProtocolError("identity/malformed", "an unknown statement")
        if as_bytes(link, 32) != sha256(previous) or as_bytes(of, 32) != identity:
            raise ProtocolError("identity/malformed", "does not follow the one before it")
        _check_key(as_bytes(device, 32))
        _check_signatures(payload, signatures, [("identityStatement", recovery), ("deviceAccepts", device)])
        devices.append(device)
        previous = payload
    return identity, devices


def _check_key(key):
    if not is_valid_key(key):
        raise ProtocolError("identity/key")


def _check_signatures(payload, signatures, signers):
    if len(signatures) != len(signers):
        raise ProtocolError("identity/signature")
    for signature, (domain, key) in zip(signatures, signers):
        if not verify(signature, in_domain(domain, payload), key):
            raise ProtocolError("identity/signature")


def safety_number(a, b):
    """What two people compare: 30 digits for each identity, the smaller id first."""
    return "".join(safety_half(identity) for identity in sorted([a, b]))


def safety_half(identity):
    hashed = identity
    for _ in range(5200):
        hashed = sha256(in_domain("safetyNumber", hashed, identity))
    return "".join(f"{int.from_bytes(hashed[at : at + 5], 'big') % 100_000:05}" for at in range(0, 30, 5))


def recovery_seed(words, index):
    """BIP-39's seed of the words, without a passphrase, then HKDF."""
    text = unicodedata.normalize("NFKD", words).encode()
    stretched = hashlib.pbkdf2_hmac("sha512", text, b"mnemonic", 2048)
    return expand(extract(stretched), in_domain("recoveryKey", u8(index)))
