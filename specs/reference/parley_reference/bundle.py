"""specs/bundle.md: one file that verifies with nothing but itself."""

from . import authority, entry, log, ordering, room
from .encoding import as_array, as_bytes, as_time, as_uint, decode, encode, in_domain
from .errors import ProtocolError
from .primitives import sha256, sign, verify

MAGIC = "parley-bundle"
VERSION = 1
MOST_BUNDLE_BYTES = 2**30
MOST_LOGS = 10_000
MOST_BLOCKS = 10_000_000


def encode_content(genesis, logs, device, time):
    """`logs`: [identity, device, generation, signature, blocks, keys] each."""
    return encode([genesis, logs, [device, time]])


def export_signable(content):
    return in_domain("bundle", sha256(content))


def envelope(content, signature, magic=MAGIC, version=VERSION):
    return encode([magic, version, content, signature])


def encode_bundle(content, device_seed):
    return envelope(content, sign(export_signable(content), device_seed))


def decode_bundle(data):
    start = encode(MAGIC)
    if data[1 : 1 + len(start)] != start:
        raise ProtocolError("bundle/format")
    _, version, content, signature = as_array(decode(data, MOST_BUNDLE_BYTES), 4)
    if version != VERSION or version is True:
        raise ProtocolError("bundle/version")
    as_bytes(content, most=MOST_BUNDLE_BYTES)
    as_bytes(signature, 64)
    genesis, logs, exporter = as_array(decode(content, MOST_BUNDLE_BYTES), 3)
    device, time = as_array(exporter, 2)
    as_bytes(device, 32)
    return {
        "genesis": as_bytes(genesis, most=room.MOST_GENESIS_BYTES),
        "logs": [_log(item) for item in as_array(logs, most=MOST_LOGS)],
        "device": device,
        "time": as_time(time),
        "signed": verify(signature, export_signable(content), device),
    }


def _log(value):
    identity, device, generation, signature, blocks, keys = as_array(value, 6)
    blocks = [as_bytes(block, most=entry.MOST_BLOCK_BYTES) for block in as_array(blocks, most=MOST_BLOCKS)]
    pairs = [[as_bytes(key, 32) for key in as_array(pair, 2)] for pair in as_array(keys, len(blocks))]
    return {
        "identity": as_bytes(identity, 32),
        "device": as_bytes(device, 32),
        "generation": as_uint(generation, 2**32 - 1),
        "signature": as_bytes(signature, 64),
        "blocks": blocks,
        "keys": pairs,
    }


def verify_bundle(data, expect=()):
    """The report of a bundle; a ProtocolError where the bytes are none."""
    bundle = decode_bundle(data)
    this_room = room.room_id(bundle["genesis"])
    failures, missing = [], {}

    def fail(check, code, where=None):
        failures.append({"check": check, "code": code, "where": where})

    logs = []
    for each in bundle["logs"]:
        key = log.log_key(this_room, each["identity"], each["device"], each["generation"])
        if not each["blocks"]:
            fail("membership", "room/not-admitted", key.hex())
        try:
            log.verify_head(key, each["device"], len(each["blocks"]), log.tree_hash(log.roots(each["blocks"])), each["signature"])
        except ProtocolError as error:
            fail("signatures", error.code, key.hex())
        logs.append({**each, "key": key, "folded": room.empty_log(key), "depths": [], "next": None, "placed": True, "operations": [], "names": []})

    if not bundle["signed"]:
        fail("export", "bundle/export-signature")
    if all(each["device"] != bundle["device"] for each in logs):
        fail("export", "bundle/exporter", bundle["device"].hex())
    for before, after in zip(logs, logs[1:]):
        if before["key"] >= after["key"]:
            fail("export", "bundle/order", after["key"].hex())

    entries = _fold_causally(bundle["genesis"], this_room, logs, fail, missing)
    return _summary(this_room, bundle, logs, entries, failures, missing, expect)


def _fold_causally(genesis, this_room, logs, fail, missing):
    by_key = {each["key"]: each for each in logs}
    entries = []

    def depth_at(key, length):
        known = by_key.get(key)
        return known["depths"][length - 1] if known and 0 < length <= len(known["depths"]) else None

    def is_ready(opened):
        if isinstance(opened, ProtocolError):
            return True
        for key, length, _ in opened[1]["heads"]:
            cited = by_key.get(key)
            if cited and length <= len(cited["blocks"]) and length > len(cited["depths"]):
                return False
        return True

    forced = False
    blocked = list(logs)
    while blocked:
        before = len(entries)
        for each in blocked:
            while len(each["depths"]) < len(each["blocks"]):
                if each["next"] is None:
                    each["next"] = _open(each, this_room)
                if not forced and not is_ready(each["next"]):
                    break
                forced = False
                index = len(each["depths"])
                where = f"{each['key'].hex()}/{index}"
                opened = each["next"]
                _check_citations(opened, by_key, where, fail)
                each["folded"], folded = room.fold_entry(each["folded"], opened, genesis, depth_at)
                if _note_missing(opened, by_key, folded["order"], missing):
                    each["placed"] = False
                folded["placed"] = each["placed"]
                each["depths"].append(each["folded"]["cursor"]["depth"])
                each["next"] = None
                entries.append(folded)
                for code in folded["flaws"]:
                    fail(_check_of(code), code, where)
                _note_operation(each, folded, index, by_key, where, fail)
        blocked = [each for each in blocked if len(each["depths"]) < len(each["blocks"])]
        forced = len(entries) == before
    return entries


def _note_operation(each, folded, index, by_key, where, fail):
    """Keep an operation, and compare the heads that it names with what is here."""
    author, event = each["folded"]["author"], folded["event"]
    if event is None or author is None:
        return
    if "as" in event:
        each["names"].append((index, event["as"]))
    operation = room.operation_of(event, author["identity"], each["key"], index, each["blocks"][index])
    if operation is None:
        return
    each["operations"].append(operation)
    for key, length, hashed in operation.get("marks", []):
        marked = by_key.get(key)
        if marked and length <= len(marked["blocks"]) and log.tree_hash(log.roots(marked["blocks"][:length])) != hashed:
            fail("membership", "authority/mark", where)


def _open(each, this_room):
    index = len(each["depths"])
    try:
        return entry.open_entry(each["blocks"][index], this_room, each["key"], index, each["keys"][index])
    except ProtocolError as error:
        return error


def _check_citations(opened, by_key, where, fail):
    if isinstance(opened, ProtocolError):
        return
    for key, length, hashed in opened[1]["heads"]:
        cited = by_key.get(key)
        if cited and length <= len(cited["blocks"]) and log.tree_hash(log.roots(cited["blocks"][:length])) != hashed:
            fail("causality", "ordering/citation", where)


def _note_missing(opened, by_key, order, missing):
    """Whether this entry cites what is not here. `missing`: by log, the greatest length cited and the first entry that cites too much."""
    found = False
    for key, length, _ in [] if isinstance(opened, ProtocolError) else opened[1]["heads"]:
        cited = by_key.get(key)
        if length > (len(cited["blocks"]) if cited else 0):
            found = True
            greatest, first = missing.get(key, (length, order))
            missing[key] = max(greatest, length), min(first, order)
    return found


def _missing_told(missing, logs):
    """Logs that are let in first, then by key."""
    held = {each["key"]: each for each in logs}

    def is_admitted(key):
        return key in held and held[key]["folded"]["author"] is not None

    return [
        {
            "log": key.hex(),
            "cited": missing[key][0],
            "here": len(held[key]["blocks"]) if key in held else 0,
            "admitted": is_admitted(key),
            "where": f"{missing[key][1][2].hex()}/{missing[key][1][3]}",
        }
        for key in sorted(missing, key=lambda key: (not is_admitted(key), key))
    ]


def _fallen_told(logs, resolved):
    places = {each["id"]: f"{each['log'].hex()}/{each['index']}" for one in logs for each in one["operations"]}
    return [{"where": where, "code": code} for where, code in sorted((places[each], code) for each, code in resolved.fallen.items())]


def _check_of(code):
    if code.startswith("ordering/"):
        return "causality"
    return "membership" if code.startswith(("room/", "identity/", "authority/")) else "entries"


def _resolve(genesis, logs):
    operations = [operation for each in logs for operation in each["operations"]]
    try:
        return authority.resolve(room.beginning_of(genesis), operations)
    except ProtocolError:
        # A genesis that is none lets nobody in, so there are no operations either.
        return authority.resolve({"owner": None, "admission": "open-link", "invite": None}, [])


def _name_of(each, resolved):
    """The last one that is shown; the first one where none is."""
    identity = each["folded"]["author"]["identity"]
    shown = [name for index, name in each["names"] if not resolved.hiding_of(identity, each["key"], index, False)]
    return (shown or [each["names"][0][1]])[-1]


def _names(logs, resolved):
    """By identity: the name in the log of theirs that ends last."""
    ends = []
    for each in logs:
        author, cursor = each["folded"]["author"], each["folded"]["cursor"]
        if author:
            order = ordering.order_key(cursor["depth"], cursor["time"], each["key"], cursor["length"] - 1)
            ends.append((order, author["identity"], _name_of(each, resolved)))
    return {identity: name for _, identity, name in sorted(ends)}


def _summary(this_room, bundle, logs, entries, failures, missing, expect):
    authors_by_log = {each["key"]: each["folded"]["author"] for each in logs}
    first_logs = {each["key"] for each in logs if each["generation"] == 0}
    resolved = _resolve(bundle["genesis"], logs)
    names = _names(logs, resolved)
    messages, name, hidden = [], "", []
    for each in sorted(entries, key=lambda entry_: entry_["order"]):
        event, author = each["event"], authors_by_log[each["log"]]
        if event is None:
            continue
        if event["type"] == "room-created" and each["log"] in first_logs:
            name = event["name"]
        where = f"{each['log'].hex()}/{each['index']}"
        needs_writing = room.needs_writing(event["type"])
        if author and resolved.hiding_of(author["identity"], each["log"], each["index"], needs_writing):
            # Why an operation does not count stands below.
            if needs_writing or event["type"] == "name-changed":
                hidden.append(where)
            continue
        if event["type"] == "message-sent" and author and not each["flaws"]:
            messages.append(
                {
                    "id": where,
                    "author": author["identity"].hex(),
                    "name": names[author["identity"]],
                    "text": event["text"],
                    "time": each["time"],
                    "placed": each["placed"],
                }
            )
    identities = {author["identity"].hex() for author in authors_by_log.values() if author}
    for _ in [each for each in expect if each not in identities]:
        failures.append({"check": "authors", "code": "bundle/expected", "where": None})
    waiting = []
    if missing or resolved.missing:
        waiting.append("completeness")
    if any(identity not in expect for identity in identities):
        waiting.append("authors")
    return {
        "ok": not failures,
        "room": {"id": this_room.hex(), "name": name},
        "exported": {"device": bundle["device"].hex(), "time": bundle["time"]},
        "messages": messages,
        "unknown": sum(each["event"] is not None and each["event"]["type"] == "unknown" for each in entries),
        "standings": {identity: resolved.standing_of(bytes.fromhex(identity)) for identity in sorted(identities)},
        "hidden": hidden,
        "fallen": _fallen_told(logs, resolved),
        "failures": failures,
        "waiting": waiting,
        "missing": _missing_told(missing, logs),
    }
