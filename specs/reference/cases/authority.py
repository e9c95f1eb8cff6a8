SPEC = "authority.md"
NOTE = (
    "Bodies of operations, their ids, and what operations come to. In a case of resolving, an operation has a short id, and names others by theirs; "
    "of logs there is one for each author, unless said. `error` is why the last operation does not count."
)

from parley_reference import authority, room
from parley_reference.encoding import encode
from parley_reference.errors import ProtocolError
from parley_reference.primitives import public_key

from .cast import ADA, BO, CY, INVITE_SEED, Writer, seed
from .room import refused

PEOPLE = ["Ada", "Bo", "Cy", "Di", "Eve"]


def cases():
    yield from bodies()
    yield from graph()
    yield from rights()
    yield from stands()
    yield from invites()
    yield from stretches()
    yield from revoked_devices()


def bodies():
    ada = Writer(ADA)
    ada.create_room("Kitchen")
    mark, key = ada.mark(), public_key(seed(0x45))
    good = Writer(BO).admission()
    heads = [seed(1), seed(2)]
    for kind, fields in [
        ("joined", [[], good, "Bo"]),
        ("invite-created", [heads, key, "member", 1, 1_800_000_000_000]),
        ("invite-created", [[], key, "reader", None, None]),
        ("invite-revoked", [heads, key]),
        ("admitted", [heads, BO.identity, "member", []]),
        ("role-changed", [heads, BO.identity, "admin", [mark]]),
        ("member-removed", [heads, BO.identity, 1, [mark]]),
        ("left", [heads]),
    ]:
        data = encode(fields)
        room.decode_event(kind, "authority", data)
        yield {"title": f"a body of {kind}", "section": "format", "input": {"kind": kind, "class": "authority", "body": data}, "expect": {"type": kind}}
    for title, kind, fields in [
        ("heads that do not ascend", "left", [heads[::-1]]),
        ("a head twice", "left", [heads[:1] * 2]),
        ("a head of 31 bytes", "left", [[seed(1)[:31]]]),
        ("1025 heads", "left", [[number.to_bytes(32, "big") for number in range(1_025)]]),
        ("no heads at all", "left", []),
        ("an invite for admins", "invite-created", [heads, key, "admin", None, None]),
        ("an invite for nobody", "invite-created", [heads, key, "member", 0, None]),
        ("an invite for more than a million", "invite-created", [heads, key, "member", 1_000_001, None]),
        ("a role that there is not", "role-changed", [heads, BO.identity, "guest", []]),
        ("a ban that is neither yes nor no", "member-removed", [heads, BO.identity, 2, []]),
        ("marks that do not ascend", "member-removed", [heads, BO.identity, 0, [[seed(2), 1, seed(3)], [seed(1), 1, seed(3)]]]),
        ("a log marked twice", "member-removed", [heads, BO.identity, 0, [mark, mark]]),
        ("65 marks", "member-removed", [heads, BO.identity, 0, [[number.to_bytes(32, "big"), 1, seed(3)] for number in range(65)]]),
        ("a mark without a tree hash", "admitted", [heads, BO.identity, "member", [mark[:2]]]),
        ("one field more", "left", [heads, 1]),
    ]:
        data = encode(fields)
        given = {"kind": kind, "class": "authority", "body": data}
        yield refused(title, "format", given, "entry/body", lambda: room.decode_event(kind, "authority", data))
    data = encode([heads])
    given = {"kind": "left", "class": "message", "body": data}
    yield refused("an operation in class message", "format", given, "entry/body", lambda: room.decode_event("left", "message", data))


def graph():
    ada, bo = Writer(ADA), Writer(BO)
    ada.create_room("Kitchen")
    bo.join(ada)
    for title, writer, index in [("the id of an entry", bo, 0), ("the id of the same block at another index", bo, 1), ("the id of the same block in another log", ada, 0)]:
        given = {"log": writer.key, "index": index, "block": bo.blocks[0]}
        yield {"title": title, "section": "graph", "input": given, "expect": {"id": authority.operation_id(writer.key, index, bo.blocks[0])}}


# What operations come to


def joined(who, by="first", knows="", log=None):
    return {"author": who, "type": "joined", "invite": by, "heads": knows.split(), "log": log or who}


def invited(who, invite, knows="", role="member", uses=None):
    return {"author": who, "type": "invite-created", "invite": invite, "role": role, "uses": uses, "expires": None, "heads": knows.split()}


def revoked(who, invite, knows=""):
    return {"author": who, "type": "invite-revoked", "invite": invite, "heads": knows.split()}


def gave(who, whom, role, knows="", marks=(), kind="role-changed"):
    return {"author": who, "type": kind, "identity": whom, "role": role, "marks": list(marks), "heads": knows.split()}


def admitted(who, whom, role, knows="", marks=()):
    return gave(who, whom, role, knows, marks, "admitted")


def removed(who, whom, knows="", ban=False, marks=()):
    return {"author": who, "type": "member-removed", "identity": whom, "ban": ban, "marks": list(marks), "heads": knows.split()}


def left(who, knows="", index=None):
    return {"author": who, "type": "left", "heads": knows.split(), **({} if index is None else {"index": index})}


def named(*operations):
    """With ids a, b, c … in order, the index in the log after those before it, unless said."""
    lengths, whole = {}, []
    for name, each in zip("abcdefghijklmnopqrstuvwxyz", operations):
        log = each.get("log", each["author"])
        index = each.get("index", lengths.get(log, 0))
        lengths[log] = index + 1
        whole.append({**each, "id": name, "log": log, "index": index})
    return whole


def resolved(title, section, *operations, admission="open-link", asked=()):
    """`asked`: places, each author, log, index and whether it needs the right to write."""
    whole = named(*operations)
    beginning = {"owner": "Ada", "admission": admission, "invite": None if admission == "invite-only" else "first"}
    found = authority.resolve(beginning, whole)
    case = {"title": title, "section": section, "input": {"beginning": beginning, "operations": [shown(each) for each in whole]}}
    places = [dict(zip(("author", "log", "index", "needsWriting"), each)) for each in asked]
    if places:
        case["input"]["asked"] = places
    last = found.fallen.get(whole[-1]["id"]) if whole else None
    people = sorted({"Ada"} | {each["author"] for each in whole} | {each["identity"] for each in whole if "identity" in each})
    told = {"standings": {each: found.standing_of(each) for each in people}, "fallen": dict(sorted(found.fallen.items()))}
    if places:
        told["hidden"] = [hiding(found.hiding_of(*each)) for each in asked]
    return {**case, "steps" if last else "expect": told, **({"error": last} if last else {})}


def hiding(found):
    return None if found is None else {"standing": found[0], "by": found[1]}


def shown(operation):
    return {**operation, "marks": [list(mark) for mark in operation["marks"]]} if "marks" in operation else operation


def crowd(*more):
    """Ada's room; Bo and Cy are admins, Di and Eve members: a to f."""
    joins = [joined(each) for each in PEOPLE[1:]]
    return [*joins, gave("Ada", "Bo", "admin", "a b c d"), gave("Ada", "Cy", "admin"), *more]


def rights():
    def case(title, *operations, **how):
        return resolved(title, "rights", *operations, **how)

    yield case("a room in which nothing has happened")
    yield case("by an open link one is a member", joined("Bo"))
    yield case("by the link of a lobby one waits", joined("Bo"), admission="lobby")
    yield case("who waits is let in", joined("Bo"), admitted("Ada", "Bo", "member", "a"), admission="lobby")
    yield case("an owner makes an admin, who makes a reader", *crowd(gave("Bo", "Di", "reader", "f")))
    yield case("an owner makes an owner", *crowd(gave("Ada", "Bo", "owner")))
    yield case("an admin removes a member", *crowd(removed("Bo", "Di", "f")))
    yield case("an admin removes an admin", *crowd(removed("Bo", "Cy", "f")))
    yield case("who was removed is let in again", *crowd(removed("Bo", "Di", "f"), admitted("Cy", "Di", "member", "g")))
    yield case("a member who leaves", *crowd(left("Di", "f")))
    yield case("the last owner who leaves", *crowd(left("Ada")))
    for title, *operations in [
        ("a member who removes", removed("Di", "Eve", "f")),
        ("a member who invites", invited("Di", "second", "f")),
        ("a member who revokes", revoked("Di", "first", "f")),
        ("a stranger who lets somebody in", admitted("Fay", "Fay", "member", "f")),
        ("an admin who removes an owner", removed("Bo", "Ada", "f")),
        ("an admin who makes an admin", gave("Bo", "Di", "admin", "f")),
        ("an admin who makes an admin a member", gave("Bo", "Cy", "member", "f")),
        ("an admin who makes themself an owner", gave("Bo", "Bo", "owner", "f")),
        ("who removes themself", removed("Bo", "Bo", "f")),
        ("an owner who makes another owner a member", gave("Ada", "Bo", "owner"), gave("Ada", "Bo", "member")),
        ("a role for somebody who is not in", gave("Bo", "Fay", "member", "f")),
        ("letting in somebody who is in", admitted("Bo", "Di", "reader", "f")),
        ("an admin who has been removed", removed("Ada", "Bo"), removed("Bo", "Di", "g")),
        ("an admin who is not one any more", gave("Ada", "Bo", "member"), removed("Bo", "Di", "g")),
        ("who has left and leaves again", left("Di", "f"), left("Di")),
        ("somebody banned who leaves", removed("Bo", "Di", "f", ban=True), left("Di", "g")),
    ]:
        yield case(title, *crowd(*operations))
    yield case("an admin who knows nothing of having been made one", *crowd({**removed("Bo", "Di"), "log": "Bo's other log"}))


def stands():
    def case(title, *operations, **how):
        return resolved(title, "what stands", *operations, **how)

    yield case("two admins who remove each other", *crowd(removed("Bo", "Cy", "f"), removed("Cy", "Bo", "f")))
    yield case("two owners who remove each other: the removal that comes last would leave none", *crowd(gave("Ada", "Bo", "owner"), removed("Ada", "Bo"), removed("Bo", "Ada", "g")))
    yield case("three admins who remove each other in a ring", *crowd(gave("Ada", "Di", "admin"), removed("Bo", "Cy", "g"), removed("Cy", "Di", "g"), removed("Di", "Bo", "g")))
    yield case("let in again while somebody else removes once more: removed", *crowd(removed("Bo", "Di", "f"), admitted("Ada", "Di", "member", "g"), removed("Cy", "Di", "g")))
    yield case("two roles at the same time: the lesser one", *crowd(gave("Ada", "Bo", "owner"), gave("Ada", "Di", "admin"), gave("Bo", "Di", "reader", "g")))
    yield case("the same, in the other order", *crowd(gave("Ada", "Bo", "owner"), gave("Ada", "Di", "reader"), gave("Bo", "Di", "admin", "g")))
    yield case("made an admin and removed at the same time: removed", *crowd(gave("Ada", "Di", "admin"), removed("Cy", "Di", "f")))
    yield case("who removes, is removed by somebody above, and had been seen: it stands", *crowd(removed("Bo", "Di", "f"), removed("Ada", "Bo", "g")))
    for title, *operations in [
        ("an admin who removes a member, and is removed by the owner at the same time", removed("Ada", "Bo"), removed("Bo", "Di", "f")),
        ("an admin who removes a member, and is removed by another admin at the same time", removed("Cy", "Bo", "f"), removed("Bo", "Di", "f")),
        ("an admin who lets in, and is made a member at the same time", removed("Ada", "Di"), gave("Ada", "Bo", "member"), admitted("Bo", "Di", "member", "g")),
        ("an admin who invites, and is removed at the same time", removed("Ada", "Bo"), invited("Bo", "second", "f")),
        ("an admin who removes two, and is removed by the owner at the same time", removed("Ada", "Bo"), removed("Bo", "Cy", "f"), removed("Bo", "Di")),
    ]:
        yield case(title, *crowd(*operations))
    yield case(
        "who was made an admin by somebody who was removed at the same time",
        *crowd(gave("Ada", "Cy", "owner"), removed("Ada", "Cy"), gave("Cy", "Di", "admin", "g"), removed("Di", "Eve", "i")),
    )
    yield case(
        "the same, with ids in the other order",
        *crowd(gave("Ada", "Bo", "owner"), removed("Bo", "Ada", "g"), removed("Ada", "Bo")),
    )
    yield case("an operation that names one which is not here", joined("Bo"), gave("Ada", "Bo", "admin", "a x"))


def invites():
    def case(title, *operations, **how):
        return resolved(title, "invites", *operations, **how)

    yield case("by an invite of an admin", *crowd(invited("Bo", "second", "f"), joined("Fay", "second")))
    yield case("by an invite for readers", invited("Ada", "second", role="reader"), joined("Fay", "second"))
    yield case("by an invite, where there is none from the start", invited("Ada", "second"), joined("Fay", "second"), admission="invite-only")
    yield case("by an invite that was revoked after it was seen", joined("Bo"), revoked("Ada", "first", "a"))
    yield case("two by an invite for two", invited("Ada", "second", uses=2), joined("Bo", "second"), joined("Cy", "second"))
    yield case("one by an invite for one, with two devices", invited("Ada", "second", uses=1), joined("Bo", "second"), joined("Bo", "second", log="Bo's other log"))
    yield case(
        "two by an invite for one: who was seen comes before who has the lesser id",
        joined("Bo", "second"), joined("Cy", "second"), invited("Ada", "second", uses=1), invited("Ada", "third", "b"),
    )
    yield case("an invite that is made twice lets in as few as both say", invited("Ada", "second", uses=1), invited("Ada", "second", uses=5, role="reader"), joined("Bo", "second", "b"))
    yield case("who was removed comes again by an invite that was made after", *crowd(removed("Bo", "Di", "f"), invited("Bo", "second"), joined("Di", "second", log="Di's other log")))
    yield case("who was banned comes again by an invite that was made after", *crowd(removed("Bo", "Di", "f", ban=True), invited("Bo", "second"), joined("Di", "second", log="Di's other log")))
    for title, *operations in [
        ("by an invite that nobody made", joined("Bo", "second")),
        ("by an invite that was revoked at the same time", revoked("Ada", "first"), joined("Bo")),
        ("by an invite that was revoked before", revoked("Ada", "first"), joined("Bo", knows="a")),
        ("by an invite of somebody who may make none", joined("Bo"), invited("Bo", "second"), joined("Cy", "second")),
        ("by an invite by which somebody came who was removed", joined("Bo"), removed("Ada", "Bo", "a"), joined("Cy")),
    ]:
        yield case(title, *operations)
    yield case("two by an invite for one at the same time", invited("Ada", "second", uses=1), joined("Bo", "second"), joined("Cy", "second"))


def stretches():
    def case(title, *operations, asked, **how):
        return resolved(title, "stretches", *operations, asked=asked, **how)

    def writes(who, *indices, log=None):
        return [(who, log or who, index, True) for index in indices]

    mark, later = ("Di", 4, seed(7)), ("Di", 9, seed(7))
    yield case("a member from the first entry on, and a stranger nowhere", joined("Bo"), asked=[*writes("Bo", 0, 99), *writes("Ada", 0), *writes("Fay", 0), ("Fay", "Fay", 0, False)])
    yield case("who waits says their name, and writes from where they are let in", joined("Di"), admitted("Ada", "Di", "member", "a", [mark]), admission="lobby", asked=[("Di", "Di", 0, False), *writes("Di", 3, 4)])
    yield case("who waits, and is not let in", joined("Di"), admission="lobby", asked=[("Di", "Di", 0, False), *writes("Di", 1)])
    yield case("who is removed, up to the mark", *crowd(removed("Bo", "Di", "f", marks=[mark])), asked=[*writes("Di", 3, 4), ("Di", "Di", 4, False), *writes("Di", 0, log="Di's other log")])
    yield case("who is made a reader, up to the mark; a name can be changed", *crowd(gave("Bo", "Di", "reader", "f", [mark])), asked=[*writes("Di", 3, 4), ("Di", "Di", 4, False)])
    yield case("who is let in again, from the second mark on", *crowd(removed("Bo", "Di", "f", marks=[mark]), admitted("Cy", "Di", "member", "g", [later])), asked=writes("Di", 3, 4, 8, 9))
    yield case("who is let in again as a reader says their name and no more", *crowd(removed("Bo", "Di", "f", marks=[mark]), admitted("Cy", "Di", "reader", "g", [later])), asked=[("Di", "Di", 9, False), *writes("Di", 9)])
    yield case("who is made a member again after a reader", *crowd(gave("Bo", "Di", "reader", "f", [mark]), gave("Bo", "Di", "member", "", [later])), asked=writes("Di", 3, 4, 8, 9))
    yield case("two removals, of which who lets in again knew one", *crowd(removed("Bo", "Di", "f", marks=[mark]), removed("Cy", "Di", "f", marks=[("Di", 2, seed(7))]), admitted("Bo", "Di", "member", "", [later])), asked=writes("Di", 1, 2, 9))
    yield case("who leaves, up to there", *crowd(left("Di", "f", index=5)), asked=[*writes("Di", 5, 6), *writes("Di", 6, log="Di's other log")])
    yield case("who comes again writes in the log that they came with", *crowd(removed("Bo", "Di", "f", marks=[mark]), invited("Bo", "second"), joined("Di", "second", log="Di's other log")), asked=[*writes("Di", 3, 4), *writes("Di", 0, log="Di's other log")])
    yield case("a removal that fell ends nothing", *crowd(removed("Ada", "Bo"), removed("Bo", "Di", "f", marks=[mark])), asked=writes("Di", 4))


def behind(operation):
    """The same, written behind the cap of a revoked device."""
    return {**operation, "revoked": True}


def revoked_devices():
    def case(title, *operations, **how):
        return resolved(title, "revoked devices", *operations, **how)

    yield case("a removal by a revoked device: who was removed is in", *crowd(behind(removed("Bo", "Di", "f")), removed("Cy", "Eve", "g")))
    yield case("who came with a revoked device alone was never let in", behind(joined("Bo")), joined("Cy"))
    yield case("who came with two devices, one of them revoked, is in", behind(joined("Bo")), joined("Bo", log="Bo's other log"))
    yield case("an invite for one that a revoked device has used lets in another", invited("Ada", "second", uses=1), behind(joined("Bo", "second")), joined("Cy", "second"))
    yield case("an owner who left by a revoked device has not left", behind(left("Ada")), joined("Bo"))
    yield case(
        "what others wrote at the same time as a removal by a revoked device stands",
        *crowd(behind(removed("Ada", "Bo")), removed("Bo", "Di", "f")),
    )
    for title, *operations in [
        ("a removal by a revoked device", behind(removed("Bo", "Di", "f"))),
        ("a coming by a revoked device", behind(joined("Fay"))),
    ]:
        yield case(title, *crowd(*operations))
    yield case("a role that somebody gave whom a revoked device had made an admin", *crowd(behind(gave("Ada", "Di", "admin", "f")), gave("Di", "Eve", "reader", "g")))
