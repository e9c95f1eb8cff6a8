"""specs/encryption.md#recipients: who could be sealed to at an entry. Everything that it follows, looked for anew each time."""

from . import authority, identity, room

READERS = ("reader", "member", "admin", "owner")


def past_of(entries, place):
    """Pairs (log, index) of all that an entry follows, and itself; None if anything of it is not here or was not read."""
    # Of a log that is there twice, the entries that were folded first.
    by_place = {(each["log"], each["index"]): each for each in reversed(entries)}
    past, open_ = set(), [place]
    while open_:
        log, index = open_.pop()
        if (log, index) in past:
            continue
        past.add((log, index))
        if (log, index) not in by_place or by_place[log, index]["heads"] is None:
            return None
        if index > 0:
            open_.append((log, index - 1))
        open_ += [(of, length - 1) for of, length, _ in by_place[log, index]["heads"] if of != log and length > 0]
    return past


def readers_at(beginning, logs, entries, operations, at):
    """By device, hex: the generation of the newest prekey there, of each that has a role and a prekey there; None if it cannot be told."""
    past = past_of(entries, (at["log"], at["index"]))
    if past is None:
        return None
    let_in = {each["key"] for each in logs if each["folded"]["author"]}
    said = [each["event"] for each in entries if each["event"] and each["log"] in let_in and (each["log"], each["index"]) in past]
    gathered = identity.gather([statements for statements in map(room.statements_in, said) if statements])
    caps = {each["key"]: _cap_of(gathered, each) for each in logs if each["folded"]["author"]}
    known = [each for each in operations if (each["log"], each["index"]) in past]
    resolved = authority.resolve(beginning, [{**each, "revoked": each["index"] >= caps[each["log"]]} for each in known])
    devices = {each["key"]: each["device"] for each in logs if each["folded"]["author"]}
    active = {
        each["device"]
        for each in logs
        if each["folded"]["author"] and resolved.standing_of(each["folded"]["author"]["identity"]) in READERS and caps[each["key"]] == float("inf")
    }
    readers = {}
    for each in entries:
        event, device = each["event"], devices.get(each["log"])
        if event and event["type"] == "prekey-announced" and device in active and (each["log"], each["index"]) in past:
            readers[device.hex()] = max(event["generation"], readers.get(device.hex(), 0))
    return readers


def _cap_of(gathered, log):
    author = log["folded"]["author"]
    if author["identity"] not in gathered:
        return float("inf")
    return identity.cap_of(gathered, author["identity"], author["device"], log["key"])
