SPEC = "excerpt.md"
NOTE = (
    "Excerpts of Ada's room. Each broken case is the first excerpt with one thing changed; where its title says 'signed again', the exporter, "
    "Ada, has signed the changed content. `failures` are all that a report names; where there are none, the bytes are no excerpt at all."
)

from parley_reference import room
from parley_reference.encoding import decode, encode
from parley_reference.envelope import envelope, export_signable
from parley_reference.errors import ProtocolError
from parley_reference.excerpt import encode_content, encode_excerpt, verify_file
from parley_reference.primitives import public_key, sign

from . import epoch_files, file_checkpoints
from .bundle import EXPORTED, PHONE, forked, key_of, revoke_again, stolen, update
from .cast import ADA, BO, CY, GENESIS, INVITE_SEED, Writer, seed, withheld


def conversation():
    """Ada and Bo talk, and Cy listens: Ada has five entries, Bo four, Cy one."""
    ada, bo, cy = Writer(ADA), Writer(BO), Writer(CY)
    ada.create_room("Kitchen")
    bo.join(ada)
    cy.join(ada, bo)
    ada.say("Hello, Bo.", bo)
    bo.say("Hello, Ada.", ada)
    ada.say("Who took the key to the shed?", bo)
    bo.say("I did. It hangs behind the door.", ada, cy)
    ada.say("Thank you.", bo)
    bo.say("Not at all.")
    ada.say("Good night.", bo)
    return ada, bo, cy


def content(*logs, genesis=GENESIS, device=ADA.device, time=EXPORTED, keep_order=False, forks=(), checkpoints=()):
    return encode_content(genesis, list(logs) if keep_order else sorted(logs, key=key_of), device, time, forks, checkpoints)


def exported(*logs, **changes):
    return encode_excerpt(content(*logs, **changes), ADA.device_seed)


def cases():
    ada, bo, _ = conversation()
    plain = content(ada.excerpted(2), bo.excerpted(2))
    whole = encode_excerpt(plain, ADA.device_seed)
    signature = sign(export_signable(plain, "excerpt"), ADA.device_seed)
    yield {
        "title": "a question and its answer, out of nine entries of two people",
        "section": "format",
        "input": {"excerpt": whole},
        "steps": {"content": told(plain), "exportSignature": signature},
        "expect": report(whole),
    }
    yield from choices()
    yield from envelopes(plain, signature, whole)
    yield from contents(ada, bo)
    yield from claims()
    yield from rights()
    yield from revocations()
    yield from forks()
    yield from later_logs()
    yield from epoch_files.excerpts(accepted, refused)
    yield from file_checkpoints.excerpts(accepted, refused, exported)


def choices():
    ada, bo, cy = conversation()
    yield accepted("both authors expected", exported(ada.excerpted(2), bo.excerpted(2)), [ADA.identity, BO.identity])
    yield refused("an author expected of whom nothing is here", exported(ada.excerpted(2), bo.excerpted(2)), [CY.identity])
    yield accepted("one message of somebody else: the exporter's log shows only that she is in the room", exported(ada.excerpted(), bo.excerpted(2)))
    yield accepted("three logs, and all that is in one of them", exported(ada.excerpted(1, 2, 3, 4), bo.excerpted(1), cy.excerpted()))
    yield accepted("up to an older head", exported(ada.excerpted(1, length=2), bo.excerpted(1, length=2)))
    first, second = ada.excerpted(2), bo.excerpted(2)
    second[4][1][2] = withheld(second[4][1][2])
    yield accepted("a message of which the text is withheld", exported(first, second))
    bo.write("name-changed", ["Bo B."], ())
    yield accepted("a name that was changed, in an entry that is here", exported(ada.excerpted(2), bo.excerpted(2, 4)))
    bo.write("poll-opened", [1], ())
    yield accepted("an entry of a kind of a later version", exported(ada.excerpted(2), bo.excerpted(2, 5)))


def envelopes(plain, signature, whole):
    yield refused("another magic", envelope(plain, signature, magic="parley-excerqt"))
    yield refused("the content of an excerpt as a bundle", envelope(plain, signature))
    yield refused("version 2", envelope(plain, signature, magic="parley-excerpt", version=2))
    yield refused("without its last byte", whole[:-1])
    yield refused("signed as a bundle", envelope(plain, sign(export_signable(plain), ADA.device_seed), magic="parley-excerpt"))
    yield refused("one bit of the export signature", envelope(plain, bytes([signature[0] ^ 1]) + signature[1:], magic="parley-excerpt"))
    yield refused("exported at another time", envelope(plain.replace(encode(EXPORTED), encode(EXPORTED + 1)), signature, magic="parley-excerpt"))


def contents(ada, bo):
    first, second = ada.excerpted(2), bo.excerpted(2)
    length, signature, roots = second[3]
    admission, answer = second[4]
    index, block, keys, path = answer

    def with_head(*head):
        return exported(first, [*second[:3], list(head), second[4]])

    def with_entries(*entries):
        return exported(first, [*second[:4], list(entries)])

    def flip(data):
        return bytes([data[0] ^ 1]) + data[1:]

    mallory = Writer(CY)
    mallory.say("I was here.")
    mallory.say("And here.")
    for title, data in [
        ("logs in the other order", exported(*sorted((first, second), key=key_of, reverse=True), keep_order=True)),
        ("a log twice", exported(first, second, second)),
        ("the exporter's log left out", exported(second)),
        ("an entry twice", with_entries(admission, answer, answer)),
        ("entries in the other order", with_entries(answer, admission)),
        ("the entry that lets a log in left out", with_entries(answer)),
        ("a log without an entry", with_entries()),
        ("another length", with_head(length + 1, signature, roots)),
        ("one bit of a head's signature", with_head(length, flip(signature), roots)),
        ("one bit of a root", with_head(length, signature, [[roots[0][0], flip(roots[0][1])], *roots[1:]])),
        ("a size of a root", with_head(length, signature, [[roots[0][0] + 1, roots[0][1]], *roots[1:]])),
        ("a root more", with_head(length, signature, [*roots, roots[0]])),
        ("another index", with_entries(admission, [index + 1, block, keys, path])),
        ("another block at an index", with_entries(admission, [index, bo.blocks[1], bo.keys[1], path])),
        ("one bit of a block", with_entries(admission, [index, block[:-1] + bytes([block[-1] ^ 1]), keys, path])),
        ("one bit of a body key", with_entries(admission, [index, block, [keys[0], flip(keys[1])], path])),
        ("one bit of a path", with_entries(admission, [index, block, keys, [[path[0][0], flip(path[0][1])], *path[1:]]])),
        ("a size in a path", with_entries(admission, [index, block, keys, [[path[0][0] + 1, path[0][1]], *path[1:]]])),
        ("a path without its last node", with_entries(admission, [index, block, keys, path[:-1]])),
        ("a path of 50 nodes", with_entries(admission, [index, block, keys, path * 25])),
        ("another device", exported(first, [second[0], CY.device, *second[2:]])),
        ("another identity", exported(first, [CY.identity, *second[1:]])),
        ("another genesis", exported(first, second, genesis=room.encode_genesis(ADA.identity, ADA.device, public_key(INVITE_SEED), None, seed(0x44)))),
        ("a log that nothing let in", exported(first, second, mallory.excerpted(1))),
        ("the entry that lets a log in withheld", with_entries([0, admission[1], withheld(admission[2]), admission[3]], answer)),
    ]:
        yield refused(f"{title}, signed again", data)


def claims():
    """What an author wrote, signed and let others keep, though it is not so."""

    def with_bo(title, write, *shown, verdict=refused):
        ada, bo, _ = conversation()
        write(ada, bo)
        return verdict(title, exported(ada.excerpted(3, 4), bo.excerpted(*shown)), section="order")

    def say(ada, bo, **lies):
        bo.write("message-sent", ["Hm."], lies.pop("cites", ()), **lies)

    yield with_bo("an author who claims no greater depth than that of an entry before, which is here", lambda ada, bo: say(ada, bo, depth=7), 3, 4)
    yield with_bo("an author who claims a smaller depth than there are entries before, which are not here", lambda ada, bo: say(ada, bo, depth=4), 4)
    yield with_bo("an author who claims no greater depth than that of an entry that is cited and here", lambda ada, bo: say(ada, bo, cites=(ada,), depth=8), 4)
    yield with_bo("an author who claims too great a depth: nothing here can tell", lambda ada, bo: say(ada, bo, depth=2**40), 4, verdict=accepted)
    yield with_bo("an author who cites another head than the one that is here", lambda ada, bo: say(ada, bo, cites=(ada,), heads=[(ada.key, 5, seed(7))]), 4)
    yield with_bo("an author who cites a head that never was, at a length of which nothing is here", lambda ada, bo: say(ada, bo, cites=(ada,), heads=[(ada.key, 4, seed(7))]), 4, verdict=accepted)
    yield with_bo("an author who cites themself", lambda ada, bo: say(ada, bo, cites=(bo,)), 4)
    yield with_bo("an author who cites less than before", lambda ada, bo: say(ada, bo, heads=[(ada.key, 1, seed(7))]), 2, 4)


def rights():
    """What the authors are to the room, as far as the operations are here that say so."""
    ada, bo, cy = Writer(ADA), Writer(BO), Writer(CY)
    ada.create_room("Kitchen")
    made = ada.operate("invite-created", public_key(seed(0x61)), "reader", None, None)
    bo.join(ada, invite_seed=seed(0x61))
    ada.operate("role-changed", BO.identity, "member", [bo.mark()], cites=(bo,), knows=[bo.operation(0)])
    cy.join(ada, bo)
    bo.say("I may write.", ada)

    def accept(title, *logs):
        return accepted(title, exported(*logs), section="authority")

    yield accept("a reader who was made a member, with the operations that say so", ada.excerpted(1, 2), bo.excerpted(1))
    yield accept("the operation that made the author a member left out: a reader wrote it", ada.excerpted(1), bo.excerpted(1))
    yield accept("the operations left out by which the author came in", ada.excerpted(), bo.excerpted(1))
    first = ada.excerpted(1, 2)
    first[4][2][2] = withheld(first[4][2][2])
    yield accept("the operation that made the author a member withheld", first, bo.excerpted(1))
    yield accept("an operation left out that another one names", ada.excerpted(1, 2), cy.excerpted())
    ada.operate("member-removed", BO.identity, 0, [bo.mark()], cites=(bo,), knows=[cy.operation(0)])
    bo.say("And go on.")
    yield accept("a message behind the removal of its author", ada.excerpted(1, 2, 3), bo.excerpted(1, 2), cy.excerpted())
    bo.write("name-changed", ["Nobody"], ())
    bo.operate("member-removed", ADA.identity, 0, [ada.mark()], knows=[])
    yield accept("who was removed, takes another name and removes", ada.excerpted(1, 2, 3), bo.excerpted(1, 3, 4), cy.excerpted())
    key, length, _ = cy.head()
    ada.operate("member-removed", CY.identity, 1, [[key, length, seed(7)]], cites=(cy,), knows=[made])
    yield refused("a mark of another history, at the length of the head", exported(ada.excerpted(4), cy.excerpted()), section="authority")


def revocations():
    ada, bo, phone = stolen()
    bo.say("Before I was stolen.")
    update(phone, PHONE.revoke(BO, bo.mark()), bo)
    bo.say("Send me money.")

    def accept(title, *logs):
        return accepted(title, exported(*logs), section="authority")

    yield accept("a message of a device that was revoked later, with the revocation", ada.excerpted(), bo.excerpted(2), phone.excerpted(1))
    yield accept("a message behind the cap of a revoked device", ada.excerpted(), bo.excerpted(3), phone.excerpted(1))
    yield accept("the same, and the revocation left out", ada.excerpted(), bo.excerpted(3))
    update(phone, [*PHONE.statements, *PHONE.revoke(BO)[2:], revoke_again([bo.key, 4, seed(9)])])
    yield refused("a revocation that names another head than the one that is here", exported(ada.excerpted(), bo.excerpted(2), phone.excerpted(2)), section="authority")


def forks():
    ada, bo, _ = conversation()
    other = Writer(BO)
    other.join(ada)
    other.say("I never saw that key.", ada)
    proof = forked(BO, other.signed(), bo.signed(), bo.blocks)
    logs = ada.excerpted(2), bo.excerpted(2)
    yield accepted("an author who has written two histories", exported(*logs, forks=[proof]))
    yield refused("a fork that is none, signed again", exported(*logs, forks=[forked(BO, bo.signed(1), bo.signed(), bo.blocks)]))
    yield refused("a fork twice, signed again", exported(*logs, forks=[proof, proof]))


def later_logs():
    ada, bo, _ = conversation()
    again = Writer(BO, 0x2B0B2B0B)
    again.join(ada)
    again.say("I am back.")
    yield accepted("a message in a later log of a device, with the entry that lets in its first log", exported(ada.excerpted(), bo.excerpted(), again.excerpted(1)))
    yield refused("a message in a later log of a device, without its first log, signed again", exported(ada.excerpted(), again.excerpted(1)))


def told(plain):
    genesis, logs, (device, time), proofs, checkpoints = decode(plain, len(plain))

    def nodes(pairs):
        return [dict(zip(("size", "hash"), each)) for each in pairs]

    def told_log(each):
        identity, device, generation, (length, signature, roots), entries = each
        return {
            "identity": identity,
            "device": device,
            "generation": generation,
            "length": length,
            "headSignature": signature,
            "roots": nodes(roots),
            "entries": [{"index": index, "block": block, "keys": keys, "path": nodes(path)} for index, block, keys, path in entries],
        }

    return {"genesis": genesis, "logs": [told_log(each) for each in logs], "exporter": {"device": device, "time": time}, "forks": proofs, "checkpoints": [file_checkpoints.told(each) for each in checkpoints]}


def report(data, expect=()):
    found = verify_file(data, [each.hex() for each in expect])
    assert found["ok"], found["failures"]
    return {key: found[key] for key in ("room", "exported", "messages", "read", "unknown", "standings", "revoked", "hidden", "fallen", "waiting", "forks", "witnessed", "left")}


def given(data, expect):
    return {"excerpt": data, "expect": list(expect)} if expect else {"excerpt": data}


def accepted(title, data, expect=(), section="verifying"):
    return {"title": title, "section": section, "input": given(data, expect), "expect": report(data, expect)}


def refused(title, data, expect=(), section="verifying"):
    case = {"title": title, "section": section, "input": given(data, expect)}
    try:
        failures = verify_file(data, [each.hex() for each in expect])["failures"]
    except ProtocolError as error:
        return {**case, "error": error.code}
    assert failures, title
    return {**case, "error": failures[0]["code"], "failures": failures}
