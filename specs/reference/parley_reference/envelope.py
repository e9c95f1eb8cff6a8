"""specs/bundle.md#format: what bundles and excerpts have in common."""

from . import fork, log, room, shown_checkpoint
from .encoding import as_array, as_bytes, as_time, as_uint, decode, encode, in_domain
from .errors import ProtocolError
from .primitives import sha256, sign, verify

MAGIC = {"bundle": "parley-bundle", "excerpt": "parley-excerpt"}
VERSION = 1
MOST_BUNDLE_BYTES = 2**30
MOST_LOGS = 10_000


def export_signable(content, kind="bundle"):
    return in_domain(kind, sha256(content))


def envelope(content, signature, magic=MAGIC["bundle"], version=VERSION):
    return encode([magic, version, content, signature])


def encode_file(content, device_seed, kind="bundle"):
    return envelope(content, sign(export_signable(content, kind), device_seed), MAGIC[kind])


def kind_of(data):
    for kind, magic in MAGIC.items():
        start = encode(magic)
        if data[1 : 1 + len(start)] == start:
            return kind
    raise ProtocolError("bundle/format")


def decode_file(data, read_log):
    kind = kind_of(data)
    _, version, content, signature = as_array(decode(data, MOST_BUNDLE_BYTES), 4)
    if version != VERSION or version is True:
        raise ProtocolError("bundle/version")
    as_bytes(content, most=MOST_BUNDLE_BYTES)
    as_bytes(signature, 64)
    genesis, logs, exporter, forks, checkpoints = as_array(decode(content, MOST_BUNDLE_BYTES), 5)
    device, time = as_array(exporter, 2)
    as_bytes(device, 32)
    return {
        "genesis": as_bytes(genesis, most=room.MOST_GENESIS_BYTES),
        "logs": [read_log(item) for item in as_array(logs, most=MOST_LOGS)],
        "forks": [_fork(item) for item in as_array(forks, most=MOST_LOGS)],
        "checkpoints": [shown_checkpoint.from_cbor(item) for item in as_array(checkpoints, most=shown_checkpoint.MOST_CHECKPOINTS)],
        "device": device,
        "time": as_time(time),
        "signed": verify(signature, export_signable(content, kind), device),
    }


def check_export(file, logs, fail):
    if not file["signed"]:
        fail("export", "bundle/export-signature")
    if all(each["device"] != file["device"] for each in logs):
        fail("export", "bundle/exporter", file["device"].hex())
    for before, after in zip(logs, logs[1:]):
        if before["key"] >= after["key"]:
            fail("export", "bundle/order", after["key"].hex())


def disclosure(value, index):
    """[header key, body key]; or, of any entry but the first, [header key, None, SHA-256 of the body key], or None."""
    if value is None and index > 0:
        return None
    items = as_array(value, most=3)
    if len(items) == 3 and index > 0:
        header, nothing, hashed = items
        if nothing is not None:
            raise ProtocolError("encoding/unexpected-type", "null expected")
        return [as_bytes(header, 32), None, as_bytes(hashed, 32)]
    return [as_bytes(key, 32) for key in as_array(value, 2)]


def found_forks(this_room, forks, fail):
    found, before = [], b""
    for each in forks:
        key = log.log_key(this_room, *each["owner"])
        if key <= before:
            fail("forks", "bundle/order", key.hex())
        before = key
        try:
            fork.verify_proof(this_room, *each["owner"], each["proof"])
            found.append({"log": key.hex(), "author": each["owner"][0].hex(), "length": fork.fork_length(each["proof"])})
        except ProtocolError as error:
            fail("forks", error.code, key.hex())
    return found


def _fork(value):
    identity, device, generation, proof = as_array(value, 4)
    owner = as_bytes(identity, 32), as_bytes(device, 32), as_uint(generation, 2**32 - 1)
    return {"owner": owner, "proof": fork.proof_from_cbor(proof)}
