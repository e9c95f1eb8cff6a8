"""specs/bundle.md#checkpoints: which logs of a file had been logged, up to where, and who has witnessed that."""

from . import authority, checkpoint, log, merkle
from .encoding import as_array, as_bytes, as_uint
from .errors import ProtocolError
from .primitives import verify

MOST_CHECKPOINTS = 64
MOST_HEADS = 10_000
MOST_HASHES = 48


def from_cbor(value):
    note, heads = as_array(value, 2)
    return {"note": as_bytes(note, most=checkpoint.MOST_NOTE_BYTES), "heads": [_head(each) for each in as_array(heads, most=MOST_HEADS)]}


def _head(value):
    key, fork, length, tree_hash, signature, index, hashes = as_array(value, 7)
    return {
        "leaf": (as_bytes(key, 32), as_uint(fork), as_uint(length), as_bytes(tree_hash, 32), as_bytes(signature, 64)),
        "index": as_uint(index),
        "hashes": [as_bytes(each, 32) for each in as_array(hashes, most=MOST_HASHES)],
    }


def coverage(this_room, shown, logs, tree_at, fail):
    """(covered, unseen). covered: (log, length, device of the checkpoint, cosignatures) each; unseen: the greatest length of each log that cannot be compared."""
    by_key = {each["key"]: each for each in logs}
    covered, unseen, before = [], {}, None
    for each in shown:
        try:
            point, signature, cosignatures = checkpoint.decode_note(each["note"])
        except ProtocolError as error:
            fail("checkpoints", error.code)
            continue
        where = f"{point[1].hex()}/{point[2]}"
        if before is not None and before >= point[1:4]:
            fail("checkpoints", "bundle/order", where)
        before = point[1:4]
        try:
            if point[0] != this_room:
                raise ProtocolError("checkpoint/origin")
            checkpoint.verify_checkpoint(point, signature, cosignatures)
        except ProtocolError as error:
            fail("checkpoints", error.code, where)
            continue
        previous = b""
        for head in each["heads"]:
            key, _, length, _, _ = head["leaf"]
            if previous >= key:
                fail("checkpoints", "bundle/order", key.hex())
            previous = key
            try:
                if _covers(head, point, by_key.get(key), tree_at):
                    covered.append((key, length, point[1], cosignatures))
                elif key in by_key:
                    unseen[key] = max(length, unseen.get(key, 0))
            except ProtocolError as error:
                fail("checkpoints", error.code, key.hex())
    return covered, unseen


def _covers(head, point, known, tree_at):
    """Whether a head that was logged is one of a log that is here."""
    key, fork, length, tree_hash, signature = head["leaf"]
    merkle.verify_inclusion(checkpoint.head_leaf(*head["leaf"]), head["index"], point[3], head["hashes"], point[4])
    if known is None:
        return False
    if not verify(signature, log.head_signable(key, length, tree_hash, fork), known["device"]):
        raise ProtocolError("log/signature")
    here = tree_at(key, length)
    if here not in (None, tree_hash):
        raise ProtocolError("checkpoint/head")
    return here is not None


def witnesses(covered, logs, resolved):
    """By log: (length, {identity: their earliest word in ms}) of each length that somebody has witnessed, ascending."""
    owners = {}
    for each in logs:
        author = each["folded"]["author"]
        if author:
            counts = each["cap"] == float("inf") and resolved.standing_of(author["identity"]) in authority.ROLES
            owners[author["device"]] = (author["identity"], counts)
    steps = {}
    for each in logs:
        if each["folded"]["author"] is None:
            continue
        author = each["folded"]["author"]["identity"]
        own = [cover for cover in covered if cover[0] == each["key"]]
        for least in sorted({cover[1] for cover in own if cover[1] > 0}):
            people = {}
            for _, length, maker, cosignatures in own:
                for device, time, _ in cosignatures:
                    identity, counts = owners.get(device, (None, False))
                    if length >= least and counts and identity not in (author, owners.get(maker, (None,))[0]):
                        people[identity] = min(time * 1000, people.get(identity, time * 1000))
            if people:
                steps.setdefault(each["key"], {})[least] = people
    return {key: sorted(by_length.items()) for key, by_length in steps.items()}


def witnessed_told(steps):
    told = []
    for key, by_length in sorted(steps.items()):
        most = len(by_length[0][1])
        length, people = [each for each in by_length if len(each[1]) == most][-1]
        words = sorted((time, identity.hex()) for identity, time in people.items())
        told.append({"log": key.hex(), "length": length, "people": [{"identity": identity, "time": time} for time, identity in words]})
    return told


def witnessed_at(steps, key, index):
    for length, people in steps.get(key, []):
        if length > index:
            return {"people": len(people), "since": max(people.values())}
    return None
