"""specs/bundle.md: one file that verifies with nothing but itself."""

from . import authority, entry, epoch, identity, log, ordering, recipients, room, shown_checkpoint
from .encoding import as_array, as_bytes, as_uint, encode
from .envelope import check_export, decode_file, disclosure, encode_file, envelope, export_signable, found_forks
from .errors import ProtocolError

MOST_BLOCKS = 10_000_000


def encode_content(genesis, logs, device, time, forks=(), checkpoints=()):
    """`logs`: [identity, device, generation, signature, blocks, keys] each; `forks`: [identity, device, generation, proof] each; `checkpoints`: [note, heads] each."""
    return encode([genesis, logs, [device, time], list(forks), list(checkpoints)])


def encode_bundle(content, device_seed):
    return encode_file(content, device_seed)


def _log(value):
    identity, device, generation, signature, blocks, keys = as_array(value, 6)
    blocks = [as_bytes(block, most=entry.MOST_BLOCK_BYTES) for block in as_array(blocks, most=MOST_BLOCKS)]
    given = None if keys is None else [disclosure(each, index) for index, each in enumerate(as_array(keys, len(blocks)))]
    return {
        "identity": as_bytes(identity, 32),
        "device": as_bytes(device, 32),
        "generation": as_uint(generation, 2**32 - 1),
        "signature": as_bytes(signature, 64),
        "blocks": blocks,
        "keys": given,
    }


def verify_bundle(data, expect=()):
    """The report of a bundle; a ProtocolError where the bytes are none."""
    bundle = decode_file(data, _log)
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
        logs.append({**each, "key": key, "folded": room.empty_log(key, each["generation"]), "depths": [], "next": None, "placed": True, **nothing_noted()})

    check_export(bundle, logs, fail)
    found = found_forks(this_room, bundle["forks"], fail)
    covered, unseen = shown_checkpoint.coverage(this_room, bundle["checkpoints"], logs, _tree_in(logs), fail)
    entries = _fold_causally(bundle["genesis"], this_room, logs, fail, missing)
    unknown = check_recipients(bundle["genesis"], logs, entries, fail)
    return _summary(this_room, bundle, logs, entries, failures, missing, found, covered, unseen, unknown, expect)


def _tree_in(logs):
    by_key = {each["key"]: each for each in logs}

    def tree_at(key, length):
        known = by_key.get(key)
        return log.tree_hash(log.roots(known["blocks"][:length])) if known and length <= len(known["blocks"]) else None

    return tree_at


def _fold_causally(genesis, this_room, logs, fail, missing):
    by_key = {each["key"]: each for each in logs}
    entries = []

    def depth_at(key, length):
        known = by_key.get(key)
        return known["depths"][length - 1] if known and 0 < length <= len(known["depths"]) else None

    tree_at = _tree_in(logs)

    def is_admitted(key):
        known = by_key.get(key)
        return known is not None and (_is_sealed(known) or known["folded"]["author"] is not None)

    def is_ready(each):
        opened = each["next"]
        if not opened["header"]:
            return True
        if not each["depths"] and each["generation"] > 0:
            first = by_key.get(log.log_key(this_room, each["identity"], each["device"], 0))
            if first and first["blocks"] and not first["depths"] and not _is_sealed(first):
                return False
        for key, length, _ in opened["header"]["heads"]:
            cited = by_key.get(key)
            if cited and not _is_sealed(cited) and length <= len(cited["blocks"]) and length > len(cited["depths"]):
                return False
        return True

    forced = False
    blocked = [each for each in logs if not _is_sealed(each)]
    while blocked:
        before = len(entries)
        for each in blocked:
            while len(each["depths"]) < len(each["blocks"]):
                if each["next"] is None:
                    each["next"] = _open(each, this_room, room.suite_in(genesis))
                if not forced and not is_ready(each):
                    break
                forced = False
                index = len(each["depths"])
                where = f"{each['key'].hex()}/{index}"
                opened = each["next"]
                _check_citations(opened, by_key, where, fail)
                each["folded"], folded = room.fold_entry(each["folded"], opened, genesis, depth_at, is_admitted)
                note_reading(folded, opened)
                check_disclosure(each["keys"][index], opened, where, fail)
                if _note_missing(opened, by_key, folded["order"], missing) or _rests_on_unread(opened, by_key):
                    each["placed"] = False
                folded["placed"] = each["placed"]
                each["depths"].append(None if folded["read"] == "locked" else each["folded"]["cursor"]["depth"])
                each["next"] = None
                entries.append(folded)
                for code in folded["flaws"]:
                    fail(check_of(code), code, where)
                note_operation(each, folded, index, each["blocks"][index], tree_at, where, fail)
        blocked = [each for each in blocked if len(each["depths"]) < len(each["blocks"])]
        forced = len(entries) == before
    return entries


def _is_sealed(each):
    return bool(each["blocks"]) and not each["keys"]


def is_withheld(opened):
    return opened["header"] is not None and opened["body"] is None


def is_locked(opened):
    return opened["header"] is None and opened["flaw"] is None


def note_reading(folded, opened):
    folded["withheld"] = is_withheld(opened) and opened["frame"]["class"]
    folded["read"] = "locked" if is_locked(opened) else "failed" if opened["flaw"] else "header" if folded["withheld"] else "whole"
    folded["heads"] = None if is_locked(opened) else heads_of(opened)


def check_disclosure(keys, opened, where, fail):
    clear = opened["frame"]
    if clear is None:
        return
    is_open = keys is not None and len(keys) == 2
    if (keys is None and clear["suite"] == 0) or is_open != {"epoch": True, "ephemeral": False}.get(clear["class"], is_open):
        fail("export", "bundle/disclosure", where)


def _rests_on_unread(opened, by_key):
    def is_unread(of, length):
        cited = by_key.get(of)
        return cited is not None and (_is_sealed(cited) or (0 < length <= len(cited["depths"]) and cited["depths"][length - 1] is None))

    return is_locked(opened) or any(is_unread(of, length) for of, length, _ in heads_of(opened))


def nothing_noted():
    return {"operations": [], "names": [], "statements": []}


def note_operation(each, folded, index, block, tree_at, where, fail):
    """Keep an operation, a name and identity statements, and compare marks and caps with what is here. `tree_at`: the tree hash of a log at a length, or None."""
    author, event = each["folded"]["author"], folded["event"]
    if event is None or author is None:
        return
    if "as" in event:
        each["names"].append((index, event["as"]))
    statements = room.statements_in(event)
    if statements:
        each["statements"].append(statements)
        for key, length, hashed in identity.caps_in(statements):
            if tree_at(key, length) not in (None, hashed):
                fail("membership", "identity/cap", where)
    operation = room.operation_of(event, author["identity"], each["key"], index, block)
    if operation is None:
        return
    each["operations"].append(operation)
    for key, length, hashed in operation.get("marks", []):
        if tree_at(key, length) not in (None, hashed):
            fail("membership", "authority/mark", where)


def _open(each, this_room, suite):
    index = len(each["depths"])
    return open_disclosed(each["blocks"][index], this_room, each["key"], index, each["keys"][index], suite)


def open_disclosed(block, this_room, key, index, keys, suite):
    """What room.fold_entry takes."""
    opened = {"frame": None, "header": None, "body": None, "flaw": None}
    try:
        opened["frame"] = entry.read_frame(block, suite)
        if keys and len(keys) == 3:
            _, opened["header"] = entry.open_header(block, this_room, key, index, keys[0], keys[2], suite)
        elif keys:
            _, opened["header"], opened["body"] = entry.open_entry(block, this_room, key, index, keys, suite)
    except ProtocolError as error:
        opened["flaw"] = error.code
    return opened


def heads_of(opened):
    return opened["header"]["heads"] if opened["header"] else []


def _check_citations(opened, by_key, where, fail):
    for key, length, hashed in heads_of(opened):
        cited = by_key.get(key)
        if cited and length <= len(cited["blocks"]) and log.tree_hash(log.roots(cited["blocks"][:length])) != hashed:
            fail("causality", "ordering/citation", where)


def _note_missing(opened, by_key, order, missing):
    """Whether this entry cites what is not here. `missing`: by log, the greatest length cited and the first entry that cites too much."""
    found = False
    for key, length, _ in heads_of(opened):
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


def fallen_told(logs, resolved):
    places = {each["id"]: f"{each['log'].hex()}/{each['index']}" for one in logs for each in one["operations"]}
    return [{"where": where, "code": code} for where, code in sorted((places[each], code) for each, code in resolved.fallen.items())]


def check_of(code):
    if code.startswith("ordering/"):
        return "causality"
    if code.startswith("epoch/"):
        return "epochs"
    return "membership" if code.startswith(("room/", "identity/", "authority/")) else "entries"


def resolve(genesis, logs):
    gathered = identity.gather([statements for each in logs for statements in each["statements"]])
    for each in logs:
        author = each["folded"]["author"]
        each["cap"] = identity.cap_of(gathered, author["identity"], author["device"], each["key"]) if author else float("inf")
    operations = [{**operation, "revoked": operation["index"] >= each["cap"]} for each in logs for operation in each["operations"]]
    try:
        return authority.resolve(room.beginning_of(genesis), operations)
    except ProtocolError:
        # A genesis that is none lets nobody in, so there are no operations either.
        return authority.resolve({"owner": None, "admission": "open-link", "invite": None}, [])


def _name_of(each, resolved):
    """The last one that is shown; the first one where none is."""
    author = each["folded"]["author"]["identity"]
    shown = [name for index, name in each["names"] if index < each["cap"] and not resolved.hiding_of(author, each["key"], index, False)]
    return (shown or [each["names"][0][1]])[-1]


def names_of(logs, resolved):
    """By identity: the name in the log of theirs that ends last; those of devices that speak for them come first, those of which nothing counts last."""
    ends = []
    for each in logs:
        author, cursor = each["folded"]["author"], each["folded"]["cursor"]
        if author:
            order = ordering.order_key(cursor["depth"], cursor["time"], each["key"], cursor["length"] - 1)
            weight = 2 if each["cap"] == float("inf") else min(each["cap"], 1)
            ends.append((weight, order, author["identity"], _name_of(each, resolved)))
    return {who: name for *_, who, name in sorted(ends)}


def is_operation(entry_, author):
    event = entry_["event"]
    return event["type"] != "withheld" and room.operation_of(event, author["identity"], b"", 0, b"") is not None


def check_recipients(genesis, logs, entries, fail):
    """Compare every epoch that somebody was sealed in; answers of how many it could not be told who should have been."""
    if room.suite_in(genesis) == 0:
        return 0
    operations = [operation for each in logs for operation in each["operations"]]
    unknown = 0
    for each in entries:
        event = each["event"]
        if event is None or event["type"] not in ("epoch-started", "epoch-shared"):
            continue
        readers = recipients.readers_at(room.beginning_of(genesis), logs, entries, operations, each)
        if readers is None:
            unknown += 1
            continue
        boxes = {box["device"].hex(): box["generation"] for box in event["boxes"]}
        try:
            epoch.require_recipients(boxes, readers, event["type"] == "epoch-started")
        except ProtocolError as error:
            fail("epochs", error.code, f"{each['log'].hex()}/{each['index']}")
    return unknown


def read_of(entries, count):
    whole, header = [sum(each["read"] == kind for each in entries) for kind in ("whole", "header")]
    return {"whole": whole, "header": header, "none": count - whole - header}


def _summary(this_room, bundle, logs, entries, failures, missing, found, covered, unseen, unknown, expect):
    authors_by_log = {each["key"]: each["folded"]["author"] for each in logs}
    first_logs = {each["key"] for each in logs if each["generation"] == 0}
    resolved = resolve(bundle["genesis"], logs)
    names = names_of(logs, resolved)
    steps = shown_checkpoint.witnesses(covered, logs, resolved)
    caps = {each["key"]: each["cap"] for each in logs}
    messages, name, revoked, hidden = [], "", [], []
    for each in sorted(entries, key=lambda entry_: entry_["order"]):
        event, author = each["event"], authors_by_log[each["log"]]
        if event is None:
            continue
        if event["type"] == "room-created" and each["log"] in first_logs:
            name = event["name"]
        where = f"{each['log'].hex()}/{each['index']}"
        said = event["kind"] if event["type"] == "withheld" else event["type"]
        needs_writing = room.needs_writing(said)
        if author and each["index"] >= caps[each["log"]] and said != "room-created":
            # Why an operation does not count stands below.
            if not is_operation(each, author):
                revoked.append(where)
            continue
        if author and resolved.hiding_of(author["identity"], each["log"], each["index"], needs_writing):
            # Why an operation does not count stands below.
            if needs_writing or said == "name-changed":
                hidden.append(where)
            continue
        if said == "message-sent" and author and not each["flaws"]:
            messages.append(
                {
                    "id": where,
                    "author": author["identity"].hex(),
                    "name": names[author["identity"]],
                    "text": event.get("text"),
                    "time": each["time"],
                    "placed": each["placed"],
                    "witnessed": shown_checkpoint.witnessed_at(steps, each["log"], each["index"]),
                }
            )
    identities = {author["identity"].hex() for author in authors_by_log.values() if author}
    sealed = {each["identity"].hex() for each in logs if _is_sealed(each)}
    for _ in [each for each in expect if each not in identities | sealed]:
        failures.append({"check": "authors", "code": "bundle/expected", "where": None})
    locked = any(each["read"] == "locked" for each in entries)
    waits = {
        "checkpoints": not steps,
        "entries": sealed or locked or any(each["withheld"] for each in entries),
        "epochs": unknown > 0 or (sealed and room.suite_in(bundle["genesis"]) == 1),
        "membership": sealed or any(each["withheld"] == "authority" for each in entries),
        "causality": sealed or locked,
        "completeness": sealed or locked or missing or unseen or resolved.missing or any(not each["placed"] for each in messages),
        "authors": sealed or any(each not in expect for each in identities),
    }
    waiting = [name for name, waits_for in waits.items() if waits_for]
    return {
        "kind": "bundle",
        "ok": not failures,
        "room": {"id": this_room.hex(), "name": name},
        "exported": {"device": bundle["device"].hex(), "time": bundle["time"]},
        "messages": messages,
        "read": read_of(entries, sum(len(each["blocks"]) for each in logs)),
        "unknown": sum(each["event"] is not None and each["event"]["type"] == "unknown" for each in entries),
        "standings": {each: resolved.standing_of(bytes.fromhex(each)) for each in sorted(identities)},
        "revoked": revoked,
        "hidden": hidden,
        "fallen": fallen_told(logs, resolved),
        "failures": failures,
        "waiting": waiting,
        "missing": _missing_told(missing, logs),
        "forks": found,
        "witnessed": shown_checkpoint.witnessed_told(steps),
        "unseen": [{"log": key.hex(), "length": length} for key, length in sorted(unseen.items())],
    }
