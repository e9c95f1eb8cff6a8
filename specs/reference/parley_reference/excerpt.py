"""specs/excerpt.md: chosen entries that verify with nothing but themselves."""

from . import entry, log, room, shown_checkpoint
from .bundle import (
    check_disclosure,
    check_of,
    fallen_told,
    is_operation,
    names_of,
    note_operation,
    note_reading,
    nothing_noted,
    open_disclosed,
    read_of,
    resolve,
    verify_bundle,
)
from .encoding import as_array, as_bytes, as_uint, encode
from .envelope import check_export, decode_file, disclosure, encode_file, found_forks, kind_of
from .errors import ProtocolError
from .shown_epochs import ShownEpochs

MOST_NODES = 49
MOST_ENTRIES = 1_000_000


def encode_content(genesis, logs, device, time, forks=(), checkpoints=()):
    """`logs`: [identity, device, generation, [length, signature, roots], [[index, block, keys, path], …]] each."""
    return encode([genesis, logs, [device, time], list(forks), list(checkpoints)])


def encode_excerpt(content, device_seed):
    return encode_file(content, device_seed, "excerpt")


def verify_file(data, expect=()):
    """The report of a bundle or of an excerpt; a ProtocolError where the bytes are neither."""
    return verify_bundle(data, expect) if kind_of(data) == "bundle" else verify_excerpt(data, expect)


def _log(value):
    identity, device, generation, head, entries = as_array(value, 5)
    length, signature, roots = as_array(head, 3)
    return {
        "identity": as_bytes(identity, 32),
        "device": as_bytes(device, 32),
        "generation": as_uint(generation, 2**32 - 1),
        "length": as_uint(length, log.MOST_PROVEN_LENGTH),
        "signature": as_bytes(signature, 64),
        "roots": _nodes(roots),
        "entries": [_entry(each) for each in as_array(entries, most=MOST_ENTRIES)],
    }


def _entry(value):
    index, block, keys, path = as_array(value, 4)
    as_uint(index, log.MOST_PROVEN_LENGTH)
    as_bytes(block, most=entry.MOST_BLOCK_BYTES)
    return {"index": index, "block": block, "keys": disclosure(keys, index), "path": _nodes(path)}


def _nodes(value):
    pairs = [as_array(each, 2) for each in as_array(value, most=MOST_NODES)]
    return [(as_uint(size), as_bytes(hashed, 32)) for size, hashed in pairs]


def verify_excerpt(data, expect=()):
    excerpt = decode_file(data, _log)
    this_room = room.room_id(excerpt["genesis"])
    failures = []

    def fail(check, code, where=None):
        failures.append({"check": check, "code": code, "where": where})

    logs = [_show(each, this_room, fail) for each in excerpt["logs"]]
    check_export(excerpt, logs, fail)
    found = found_forks(this_room, excerpt["forks"], fail)
    by_key = {each["key"]: each for each in logs}
    heads = {each["key"]: (each["length"], log.tree_hash(each["placed"])) for each in logs if each["placed"]}

    def is_admitted(key):
        return key in by_key and by_key[key]["folded"]["author"] is not None

    def tree_at(key, length):
        return heads[key][1] if key in heads and heads[key][0] == length else None

    covered, _ = shown_checkpoint.coverage(this_room, excerpt["checkpoints"], logs, tree_at, fail)
    entries = []
    for each in sorted(logs, key=lambda one: one["generation"]):
        entries += _fold(each, this_room, excerpt["genesis"], is_admitted, tree_at, fail)
    _check_order(logs, entries, fail)
    return _summary(this_room, excerpt, logs, entries, failures, found, covered, expect)


def _show(each, this_room, fail):
    key = log.log_key(this_room, each["identity"], each["device"], each["generation"])
    placed = []
    try:
        placed = log.place_roots(each["length"], each["roots"])
        try:
            log.verify_head(key, each["device"], each["length"], log.tree_hash(placed), each["signature"])
        except ProtocolError as error:
            fail("signatures", error.code, key.hex())
    except ProtocolError as error:
        fail("inclusion", error.code, key.hex())
        fail("signatures", "log/signature", key.hex())
    before = -1
    for shown in each["entries"]:
        where = f"{key.hex()}/{shown['index']}"
        if shown["index"] <= before:
            fail("export", "bundle/order", where)
        before = shown["index"]
        try:
            log.verify_inclusion(shown["block"], shown["index"], each["length"], shown["path"], placed)
        except ProtocolError as error:
            fail("inclusion", error.code, where)
    if not each["entries"] or each["entries"][0]["index"] != 0:
        fail("membership", "room/not-admitted", key.hex())
    return {**each, "key": key, "placed": placed, "folded": room.empty_log(key, each["generation"]), "closed": [], **nothing_noted()}


def _fold(each, this_room, genesis, is_admitted, tree_at, fail):
    time, epochs = 0, ShownEpochs(each["generation"])
    for shown in each["entries"]:
        index = shown["index"]
        opened = open_disclosed(shown["block"], this_room, each["key"], index, shown["keys"], room.suite_in(genesis))
        before = {**each["folded"], "cursor": {**each["folded"]["cursor"], "length": index, "cited": {}}}
        each["folded"], folded = room.fold_entry(before, opened, genesis, lambda *_: None, is_admitted)
        where = f"{each['key'].hex()}/{index}"
        note_reading(folded, opened)
        check_disclosure(shown["keys"], opened, where, fail)
        flaws = [code for code in folded["flaws"] if not code.startswith(("ordering/", "epoch/"))]
        flaws += epochs.add(opened, index)
        for code in flaws:
            fail(check_of(code), code, where)
        note_operation(each, folded, index, shown["block"], tree_at, where, fail)
        header = opened["header"]
        if not header:
            each["closed"].append(folded)
            continue
        time = max(time, header["time"])
        order = (header["depth"], time, each["key"], index)
        yield {**folded, "order": order, "flaws": flaws, "said": header["time"]}


def _check_order(logs, entries, fail):
    by_key = {each["key"]: each for each in logs}
    for key in by_key:
        cited, before = {}, None
        for shown in [one for one in entries if one["log"] == key]:
            where = f"{shown['log'].hex()}/{shown['index']}"
            depth, index = shown["order"][0], shown["index"]
            least = index if before is None else before["order"][0] + index - before["index"] - 1
            previous = None
            for of, length, hashed in shown["heads"]:
                if of == key:
                    fail("causality", "ordering/citation-self", where)
                    continue
                if length <= cited.get(of, 0) or (previous is not None and previous >= of):
                    fail("causality", "ordering/citation-order", where)
                else:
                    cited[of] = length
                previous = of
                known = [one for one in entries if one["log"] == of and one["index"] < length]
                least = max(least, known[-1]["order"][0] + length - 1 - known[-1]["index"] if known else length)
                head = by_key.get(of)
                if head and head["placed"] and head["length"] == length and log.tree_hash(head["placed"]) != hashed:
                    fail("causality", "ordering/citation", where)
            if depth <= least:
                fail("causality", "ordering/depth", where)
            before = shown


def _summary(this_room, excerpt, logs, entries, failures, found, covered, expect):
    authors = {each["key"]: each["folded"]["author"] for each in logs}
    first_logs = {each["key"] for each in logs if each["generation"] == 0}
    resolved = resolve(excerpt["genesis"], logs)
    names = names_of(logs, resolved)
    steps = shown_checkpoint.witnesses(covered, logs, resolved)
    caps = {each["key"]: each["cap"] for each in logs}
    messages, name, revoked, hidden = [], "", [], []
    for each in sorted(entries, key=lambda one: one["order"]):
        event, author = each["event"], authors[each["log"]]
        if event is None:
            continue
        if event["type"] == "room-created" and each["log"] in first_logs:
            name = event["name"]
        said = event["kind"] if event["type"] == "withheld" else event["type"]
        needs_writing = room.needs_writing(said)
        where = f"{each['log'].hex()}/{each['index']}"
        if author and each["index"] >= caps[each["log"]] and said != "room-created":
            if not is_operation(each, author):
                revoked.append(where)
        elif author and (needs_writing or said == "name-changed") and resolved.hiding_of(author["identity"], each["log"], each["index"], needs_writing):
            hidden.append(where)
        elif said == "message-sent" and author and not each["flaws"]:
            messages.append(
                {
                    "id": where,
                    "author": author["identity"].hex(),
                    "name": names[author["identity"]],
                    "text": event.get("text"),
                    "time": each["said"],
                    "placed": False,
                    "witnessed": shown_checkpoint.witnessed_at(steps, each["log"], each["index"]),
                }
            )
    identities = {author["identity"].hex() for author in authors.values() if author}
    for _ in [each for each in expect if each not in identities]:
        failures.append({"check": "authors", "code": "bundle/expected", "where": None})
    closed = [each for one in logs for each in one["closed"]]
    locked = any(each["read"] == "locked" for each in closed)
    waiting = ["entries"] if locked or any(each["text"] is None for each in messages) else []
    if room.suite_in(excerpt["genesis"]) == 1:
        waiting.append("epochs")
    standings = {identity: resolved.standing_of(bytes.fromhex(identity)) for identity in sorted(identities)}
    if any(each["withheld"] == "authority" for each in entries) or resolved.missing or revoked or hidden or "none" in standings.values():
        waiting.append("membership")
    waiting += ["causality", *([] if steps else ["checkpoints"]), "completeness"]
    if any(identity not in expect for identity in identities):
        waiting.append("authors")
    return {
        "kind": "excerpt",
        "ok": not failures,
        "room": {"id": this_room.hex(), "name": name},
        "exported": {"device": excerpt["device"].hex(), "time": excerpt["time"]},
        "messages": messages,
        "read": read_of(entries, len(entries) + len(closed)),
        "unknown": sum(each["event"] is not None and each["event"]["type"] == "unknown" for each in entries),
        "standings": standings,
        "revoked": revoked,
        "hidden": hidden,
        "fallen": fallen_told(logs, resolved),
        "failures": failures,
        "waiting": waiting,
        "forks": found,
        "witnessed": shown_checkpoint.witnessed_told(steps),
        "left": [
            {"log": each["key"].hex(), "length": each["length"], "here": len(each["entries"])}
            for each in logs
        ],
    }
