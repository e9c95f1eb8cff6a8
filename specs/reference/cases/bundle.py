SPEC = "bundle.md"
NOTE = (
    "Bundles of Ada's room. Each broken case is the first bundle with one thing changed; where its title says 'signed again', the exporter, "
    "Ada, has signed the changed content. `failures` are all that a report names; where there are none, the bytes are no bundle at all."
)

from parley_reference import fork, log, room
from parley_reference.bundle import encode_bundle, encode_content, envelope, export_signable, verify_bundle
from parley_reference.encoding import decode, encode
from parley_reference.errors import ProtocolError
from parley_reference.identity import revoke_device
from parley_reference.primitives import public_key, sign

from . import epoch_files, file_checkpoints
from .cast import ADA, BO, CY, GENESIS, INVITE_SEED, START, Device, Writer, seed, withheld

EXPORTED = START + 60_000


def conversation():
    ada, bo = Writer(ADA), Writer(BO)
    ada.create_room("Kitchen")
    bo.join(ada)
    ada.say("Hello, Bo.", bo)
    bo.say("Hello, Ada.", ada)
    return ada, bo


def content(*logs, genesis=GENESIS, device=ADA.device, time=EXPORTED, keep_order=False, forks=(), checkpoints=()):
    in_order = logs if keep_order else sorted(logs, key=key_of)
    return encode_content(genesis, list(in_order), device, time, forks, checkpoints)


def key_of(each):
    return log.log_key(room.room_id(GENESIS), *each[:3])


def exported(*logs, **changes):
    return encode_bundle(content(*logs, **changes), ADA.device_seed)


def cases():
    ada, bo = conversation()
    plain = content(ada.bundled(), bo.bundled())
    whole = encode_bundle(plain, ADA.device_seed)
    signature = sign(export_signable(plain), ADA.device_seed)
    yield {
        "title": "two people, two entries each",
        "section": "format",
        "input": {"bundle": whole},
        "steps": {"content": told(plain), "exportSignature": signature},
        "expect": report(whole),
    }
    yield accepted("both authors expected", whole, [ADA.identity, BO.identity])
    yield refused("an author expected who is not there", whole, [CY.identity])
    yield from waiting()
    yield from disclosures()
    yield from envelopes(plain, signature, whole)
    yield from contents(ada, bo)
    yield from claims()
    yield from forks()
    yield from later_logs()
    yield from revocations()
    yield from epoch_files.bundles(accepted, refused)
    yield from file_checkpoints.bundles(accepted, refused, exported)


def waiting():
    ada, bo = conversation()
    cy = Writer(CY)
    cy.join(ada, bo)
    bo.say("Hello, Cy.", cy)
    yield accepted("three people", exported(ada.bundled(), bo.bundled(), cy.bundled()))
    yield accepted("a log left out that is cited", exported(ada.bundled(), bo.bundled()))
    yield accepted("an older head, honestly signed, with a later entry cited", exported(ada.bundled(1), bo.bundled(), cy.bundled()))
    ada, bo = conversation()
    bo.write("message-sent", ["I said so first."], (), depth=1000, heads=[(seed(9), 2**53 - 1, seed(7))])
    bo.say("And this too.")
    ada.say("Did you?")
    yield accepted("a log that never was, cited for a depth of the author's choosing", exported(ada.bundled(), bo.bundled()))
    ada, bo = conversation()
    mallory = Writer(CY)
    mallory.write("joined", [[], mallory.admission(), "Cy"], ())
    mallory.say("Hm.")
    bo.write("message-sent", ["Look."], (ada,), heads=sorted([(seed(1), 5, seed(7)), (ada.key, 9, seed(7)), (mallory.key, 7, seed(7))]))
    ada.write("message-sent", ["Where?"], (), heads=[(mallory.key, 3, seed(7))])
    yield accepted("logs cited beyond what is here of them: those that are let in come first", exported(ada.bundled(), bo.bundled(), mallory.bundled()))
    ada, bo = conversation()
    again = Writer(ADA, 1)
    again.write("joined", [[], again.admission(invited=False), "Ada"], (bo,))
    again.say("I am back.")
    yield accepted("a second log of the same device", exported(ada.bundled(), bo.bundled(), again.bundled()))
    yield from second_logs()
    yield from rights()
    ada, bo = conversation()
    bo.write("poll-opened", [1], (), entry_class="message")
    yield accepted("an entry of a kind of a later version", exported(ada.bundled(), bo.bundled()))
    ada, bo = conversation()
    bo.write("poll-opened", [1], ())
    bo.write("poll-answered", [2], (), entry_class="epoch")
    ada.say("I cannot see your poll.", bo)
    yield accepted("two entries of kinds of a later version, and one that cites them", exported(ada.bundled(), bo.bundled()))
    ada, bo = conversation()
    bo.write("message-sent", ["Before it all began."], (), time=0)
    yield accepted("a clock that went back: the order stays", exported(ada.bundled(), bo.bundled()))


def disclosures():
    ada, bo = conversation()
    bo.write("name-changed", ["Bo B."], ())
    bo.write("poll-opened", [1], ())
    yield accepted("the keys of headers alone: no text is disclosed", exported(ada.headers_only(), bo.headers_only()), [ADA.identity, BO.identity], "disclosure")
    yield accepted("no keys: every log is sealed", exported(ada.sealed(), bo.sealed()), [ADA.identity], "disclosure")
    yield accepted("one log sealed, and the other open", exported(ada.bundled(), bo.sealed()), (), "disclosure")
    hidden = bo.bundled()
    hidden[5] = [hidden[5][0], hidden[5][1], withheld(hidden[5][2]), hidden[5][3]]
    yield accepted("an entry about the room withheld: whether it changes who is in it is not known", exported(ada.bundled(), hidden), (), "disclosure")
    ada, bo = conversation()
    first, second = ada.headers_only(), bo.headers_only()
    header, _, hashed = second[5][1]
    for title, keys in [
        ("the first entry of a log withheld", [withheld(bo.keys[0]), second[5][1]]),
        ("the hash of another body key", [second[5][0], [header, None, seed(9)]]),
        ("another header key", [second[5][0], [seed(9), None, hashed]]),
        ("both keys and a hash", [second[5][0], [*bo.keys[1], hashed]]),
        ("no keys in a list", []),
    ]:
        yield refused(f"{title}, signed again", exported(first, [*second[:5], keys]), section="disclosure")
    ada, bo = conversation()
    bo.write("message-sent", ["Hm."], (), entry_class="call")
    yield refused("a header of a message in another class", exported(ada.headers_only(), bo.headers_only()), section="disclosure")
    bo = conversation()[1]
    bo.write("joined", [[], bo.admission(), "Bo"], (), entry_class="authority")
    again = [*bo.bundled()[:5], [*bo.keys[:2], withheld(bo.keys[2])]]
    yield refused("a second admission, withheld", exported(ada.bundled(), again), section="disclosure")
    mallory = Writer(CY)
    mallory.say("I was here.")
    mallory.say("And here.")
    yield refused("a log that nothing let in, and withholds it", exported(ada.bundled(), [*mallory.bundled()[:5], [mallory.keys[0], withheld(mallory.keys[1])]]), section="disclosure")


def rights():
    """What people do to each other's rights, as a bundle has it."""
    ada, bo = conversation()
    cy = Writer(CY)
    cy.join(ada, bo)
    knows = [each.operation(0) for each in (bo, cy)]
    ada.operate("member-removed", BO.identity, 0, [bo.mark()], cites=(bo, cy), knows=knows)
    bo.say("You cannot stop me.")
    bo.write("name-changed", ["Nobody"], ())
    ada.say("Bo is gone.", bo)
    yield accepted("a member who was removed and wrote on", exported(ada.bundled(), bo.bundled(), cy.bundled()))
    cy.operate("member-removed", ADA.identity, 0, [ada.mark()], cites=(ada,), knows=[ada.operation(2)])
    bo.operate("left", knows=[])
    yield accepted("two who did what they may not", exported(ada.bundled(), bo.bundled(), cy.bundled()))
    ada, bo, cy = Writer(ADA), Writer(BO), Writer(CY)
    ada.create_room("Kitchen")
    ada.operate("invite-created", public_key(seed(0x45)), "reader", None, None)
    bo.join(ada, invite_seed=seed(0x45))
    cy.join(ada, invite_seed=seed(0x46))
    bo.say("May I?")
    cy.say("I was not invited.")
    yield accepted("a reader who writes, and somebody by an invite that nobody made", exported(ada.bundled(), bo.bundled(), cy.bundled()))
    ada, bo = conversation()
    ada.operate("role-changed", BO.identity, "admin", [], cites=(bo,), knows=[seed(9)])
    yield accepted("an operation that names one which is not here", exported(ada.bundled(), bo.bundled()))
    ada, bo = conversation()
    ada.operate("member-removed", BO.identity, 0, [[bo.key, 2, seed(9)]], cites=(bo,), knows=[bo.operation(0)])
    yield refused("a removal that marks a head which never was", exported(ada.bundled(), bo.bundled()))


def second_logs():
    """Of two logs of one author, in either order of their keys, the one that ends last says their name."""
    ada, bo = conversation()
    ada_again, bo_again = Writer(ADA, 1), Writer(BO, 1)
    ada_again.write("joined", [[], ada_again.admission(), "Ada L."], (bo,))
    bo_again.write("joined", [[], bo_again.admission(), "Bo the Second"], ())
    bo.say("It is still me.", ada_again)
    logs = [each.bundled() for each in (ada, bo, ada_again, bo_again)]
    yield accepted("two logs each of two authors: whose ends last says the name", exported(*logs))
    ada, bo = conversation()
    ada_again = Writer(ADA, 1)
    ada_again.write("room-created", [GENESIS, "Cellar", ada_again.admission(), "Ada L."], (bo,))
    yield refused("an owner who makes the room again, in a later log", exported(ada.bundled(), bo.bundled(), ada_again.bundled()))


def envelopes(plain, signature, whole):
    yield refused("another magic", envelope(plain, signature, magic="parley-bundel"))
    yield refused("text before the bundle", b"-" + whole)
    yield refused("version 2", envelope(plain, signature, version=2))
    yield refused("a byte after the bundle", whole + b"\0")
    yield refused("without its last byte", whole[:-1])
    yield refused("an envelope of five fields", encode(["parley-bundle", 1, plain, signature, None]))
    yield refused("a signature of 63 bytes", envelope(plain, signature[:63]))
    yield refused("one bit of the export signature", envelope(plain, bytes([signature[0] ^ 1]) + signature[1:]))
    yield refused("exported at another time", envelope(plain.replace(encode(EXPORTED), encode(EXPORTED + 1)), signature))
    yield refused("a time of export later than calendars go, signed again", encode_bundle(plain.replace(encode(EXPORTED), encode(8_640_000_000_000_001)), ADA.device_seed))


def contents(ada, bo):
    first, second = ada.bundled(), bo.bundled()
    mallory = Writer(CY)
    mallory.write("message-sent", ["I was here."], ())
    other_genesis = room.encode_genesis(ADA.identity, ADA.device, public_key(INVITE_SEED), None, seed(0x44))

    def change(of, **fields):
        names = ("identity", "device", "generation", "signature", "blocks", "keys")
        return [fields.get(name, value) for name, value in zip(names, of)]

    def flip(data):
        return bytes([data[0] ^ 1]) + data[1:]

    swapped = [second[4][1], second[4][0]]
    for title, data in [
        ("logs in the other order", exported(*sorted((first, second), key=key_of, reverse=True), keep_order=True)),
        ("a log twice", exported(first, second, second)),
        ("no log", exported()),
        ("the exporter's log left out", exported(second)),
        ("an empty log", exported(first, Writer(BO).bundled())),
        ("the last block left out", exported(first, change(second, blocks=second[4][:1], keys=second[5][:1]))),
        ("two blocks exchanged", exported(first, change(second, blocks=swapped))),
        ("two blocks and their keys exchanged", exported(first, change(second, blocks=swapped, keys=second[5][::-1]))),
        ("a block twice", exported(first, change(second, blocks=second[4] + second[4][1:], keys=second[5] + second[5][1:]))),
        ("one bit of a sealed body", exported(first, change(second, blocks=[second[4][0], second[4][1][:-1] + bytes([second[4][1][-1] ^ 1])]))),
        ("one bit of a body key", exported(first, change(second, keys=[second[5][0], [second[5][1][0], flip(second[5][1][1])]]))),
        ("one pair of keys less", exported(first, change(second, keys=second[5][:1]))),
        ("one bit of a head's signature", exported(first, change(second, signature=flip(second[3])))),
        ("another device", exported(first, change(second, device=CY.device))),
        ("another identity", exported(first, change(second, identity=CY.identity))),
        ("another generation", exported(first, change(second, generation=1))),
        ("another genesis", exported(first, second, genesis=other_genesis)),
        ("a genesis that is none", exported(first, second, genesis=b"")),
        ("a log that nothing let in", exported(first, second, mallory.bundled())),
    ]:
        yield refused(f"{title}, signed again", data)


def claims():
    """What an author wrote, signed and let others keep, though it is not so."""

    def with_bo(title, write):
        ada, bo = conversation()
        write(ada, bo)
        return refused(title, exported(ada.bundled(), bo.bundled()))

    yield with_bo("an author who cites a head that never was", lying_citation)
    yield with_bo("an author who claims too great a depth", lambda ada, bo: bo.write("message-sent", ["Hm."], (), depth=500))
    yield with_bo("an author who claims too great a depth for what they cite", lambda ada, bo: ada.say("Tea?") and bo.write("message-sent", ["Hm."], (ada,), depth=500))
    yield with_bo("an owner who claims too great a depth for what she cites", lambda ada, bo: ada.write("message-sent", ["Hm."], (bo,), depth=500))
    yield with_bo("an author who cites themself", lambda ada, bo: bo.write("message-sent", ["Hm."], (bo,)))
    yield with_bo("an author who cites their own future", lambda ada, bo: bo.write("message-sent", ["Hm."], (), heads=[(bo.key, 3, seed(7))]))
    yield with_bo("an author who joins twice", lambda ada, bo: bo.join())
    yield with_bo("an author who says nothing", lambda ada, bo: bo.say(" "))
    yield with_bo("an author who writes a message as authority", lambda ada, bo: bo.write("message-sent", ["Hm."], (), entry_class="authority"))
    yield with_bo("an author of a later version", later_version)
    ada, bo = Writer(ADA), Writer(BO)
    ada.write("room-created", [GENESIS, "Kitchen", ada.admission(), "Ada"], ())
    bo.join(ada)
    yield refused("an owner who came in by her own invite", exported(ada.bundled(), bo.bundled()))
    ada, bo = Writer(ADA), Writer(BO)
    ada.write("room-created", [room.encode_genesis(ADA.identity, ADA.device, public_key(INVITE_SEED), None, seed(0x44)), "Kitchen", ada.admission(invited=False), "Ada"], ())
    bo.join(ada)
    yield refused("an owner who began another room", exported(ada.bundled(), bo.bundled()))


def lying_citation(ada, bo):
    ada.say("Tea?")
    bo.write("message-sent", ["Hm."], (ada,), heads=[(ada.key, 3, seed(7))])


def later_version(ada, bo):
    bo.say("Hm.")
    bo.blocks[-1] = b"\x02" + bo.blocks[-1][1:]


def forks():
    ada, bo = conversation()
    other = Writer(BO)
    other.join(ada)
    other.say("Goodbye, Ada.", ada)
    one_length = forked(BO, bo.signed(), other.signed(), bo.blocks)
    other.say("For ever.")
    unequal = forked(BO, bo.signed(), other.signed(), other.blocks)
    cy = Writer(CY)
    cy.join(ada)
    hashed = log.tree_hash(log.roots(cy.blocks))
    back = ["truncated", [1, 1, hashed, sign(log.head_signable(cy.key, 1, hashed, 1), CY.device_seed)]]
    both = sorted([one_length, [CY.identity, CY.device, 0, back]], key=key_of)

    def with_forks(proofs, **changes):
        return exported(ada.bundled(), bo.bundled(), forks=proofs, **changes)

    yield accepted("an author who has written two histories of one length", with_forks([one_length]))
    yield accepted("an author who has written two histories of two lengths", with_forks([unequal]))
    yield accepted("two authors who have, one of them with a log that is not here", with_forks(both))
    yield refused("a fork that is none, signed again", with_forks([forked(BO, bo.signed(1), bo.signed(), bo.blocks)]))
    yield refused("a fork of another's log, signed again", with_forks([[ADA.identity, ADA.device, *one_length[2:]]]))
    yield refused("forks in the other order, signed again", with_forks(both[::-1]))
    yield refused("a fork twice, signed again", with_forks([one_length, one_length]))
    yield refused("a fork without its proof, signed again", with_forks([one_length[:3]]))


def forked(person, *histories):
    return [person.identity, person.device, 0, fork.proof_to_cbor(fork.prove_split(*histories))]


def later_logs():
    ada, bo = conversation()
    again = Writer(BO, 0x2B0B2B0B)
    again.join(ada)
    again.say("I am back.")
    logs = (ada.bundled(), bo.bundled(), again.bundled())
    yield accepted("a later log of a device whose first log was let in", exported(*logs))
    yield refused("a later log of a device whose first log is not here, signed again", exported(logs[0], logs[2]))
    stranger, later = Writer(CY), Writer(CY, 7)
    stranger.say("May I?")
    later.join(ada)
    yield refused("a later log of a device whose first log nothing let in, signed again", exported(*logs, stranger.bundled(), later.bundled()))
    owner = Writer(ADA, 9)
    owner.join(bo)
    yield accepted("a later log of the owner's device needs no other", exported(owner.bundled(), device=ADA.device))


PHONE = Device(BO, seed(0x25), by_words=True)


def stolen():
    """Bo's device is stolen after it said hello; his phone, which came by the words, is in the room too."""
    ada, bo = conversation()
    phone = Writer(PHONE)
    phone.join(ada, bo)
    return ada, bo, phone


def update(writer, statements, *cites):
    writer.write("identity-updated", [statements], cites)


def revocations():
    def all_of(*writers, **how):
        return exported(*[each.bundled() for each in writers], **how)

    ada, bo, phone = stolen()
    update(phone, PHONE.revoke(BO, bo.mark()))
    bo.say("Send me money.")
    bo.write("name-changed", ["Rich Bo"], ())
    later = Writer(BO, 7)
    later.write("joined", [[], later.admission(), "Rich Bo"], (ada,))
    later.say("Here too.")
    ada.say("I do not see it.", phone)
    yield accepted("a device that was revoked writes on, and in a later log: neither is shown", all_of(ada, bo, phone, later))
    ada, bo, phone = stolen()
    bo.say("Before I was stolen.")
    update(ada, PHONE.revoke(BO, bo.mark()), bo, phone)
    yield accepted("a revocation that somebody else has brought", all_of(ada, bo, phone))
    ada, bo, phone = stolen()
    update(phone, PHONE.revoke(BO))
    yield accepted("a revocation that names no log: nothing of the device counts, not that it came", all_of(ada, bo, phone))
    ada, bo, phone = stolen()
    bo.say("Hm.")
    update(phone, PHONE.revoke(BO, bo.mark()), bo)
    update(phone, [*PHONE.statements, *PHONE.revoke(BO)[2:], revoke_again(bo.mark(2))])
    yield accepted("a second revocation with a lower cap hides what the first one left", all_of(ada, bo, phone))
    ada, bo, phone = stolen()
    update(phone, PHONE.revoke(BO, bo.mark()))
    update(bo, [*BO.statements, PHONE.added, revoke_device(BO.statements[0], [BO.statements[1], PHONE.added], BO.device_seed, PHONE.device, [phone.mark(1)])])
    bo.say("It is I.")
    phone.say("No, I.")
    yield accepted("two devices that revoke each other: both are revoked", all_of(ada, bo, phone))
    ada, bo, phone = stolen()
    thief = Device(BO, seed(0x26))
    stranger = Writer(thief)
    stranger.join(bo)
    stranger.say("I am Bo, too.")
    update(phone, PHONE.revoke(BO, bo.mark()))
    yield accepted("a device that the revoked one added, unknown to who revoked it: nothing of it counts", all_of(ada, bo, phone, stranger))
    ada, bo, phone = stolen()
    cy = Writer(CY)
    cy.join(ada)
    knows = [each.operation(0) for each in (bo, phone, cy)]
    ada.operate("role-changed", BO.identity, "admin", [], cites=(bo, phone, cy), knows=knows)
    bo.operate("member-removed", CY.identity, 0, [cy.mark()], cites=(ada,), knows=[ada.operation(2)])
    cy.say("Who removed me?", bo)
    update(phone, PHONE.revoke(BO, bo.mark(2)))
    yield accepted("a revoked device that removed somebody: who is in again", all_of(ada, bo, phone, cy))
    owner = Device(ADA, seed(0x15), by_words=True)
    ada, bo = conversation()
    again = Writer(owner)
    again.join(ada, bo)
    update(again, owner.revoke(ADA))
    yield accepted("the device that made the room, revoked: room and owner stay", exported(*[each.bundled() for each in (ada, bo, again)]))
    ada, bo, phone = stolen()
    update(phone, PHONE.revoke(BO, bo.mark()))
    bo.say("Hm.")
    hidden = [*phone.bundled()[:5], [phone.keys[0], withheld(phone.keys[1])]]
    yield accepted("a revocation withheld: whether a device was revoked is not known", exported(ada.bundled(), bo.bundled(), hidden))
    for title, statements in [
        ("a revocation that names a head which never was", lambda bo: PHONE.revoke(BO, [bo.key, 2, seed(9)])),
        ("a revocation with one bit of its signature", lambda bo: flipped(PHONE.revoke(BO, bo.mark()))),
        ("a revocation without what it follows", lambda bo: PHONE.revoke(BO)[:1] + PHONE.revoke(BO)[2:]),
        ("an update without a statement", lambda bo: []),
    ]:
        ada, bo, phone = stolen()
        update(phone, statements(bo))
        yield refused(title, all_of(ada, bo, phone))
    ada, bo = conversation()
    stranger = Writer(CY)
    update(stranger, PHONE.revoke(BO))
    yield refused("a revocation in a log that nothing let in", exported(ada.bundled(), bo.bundled(), stranger.bundled()))


def revoke_again(mark):
    return revoke_device(BO.statements[0], [PHONE.added], PHONE.device_seed, BO.device, [mark])


def flipped(statements):
    payload, (first, *others) = statements[-1]
    return [*statements[:-1], [payload, [bytes([first[0] ^ 1]) + first[1:], *others]]]


def told(plain):
    genesis, logs, (device, time), forks, checkpoints = decode(plain, len(plain))
    names = ("identity", "device", "generation", "headSignature", "blocks", "keys")
    return {"genesis": genesis, "logs": [dict(zip(names, each)) for each in logs], "exporter": {"device": device, "time": time}, "forks": forks, "checkpoints": [file_checkpoints.told(each) for each in checkpoints]}


def report(data, expect=()):
    found = verify_bundle(data, [each.hex() for each in expect])
    assert found["ok"], found["failures"]
    return {key: found[key] for key in ("room", "exported", "messages", "read", "unknown", "standings", "revoked", "hidden", "fallen", "waiting", "missing", "forks", "witnessed", "unseen")}


def given(data, expect):
    return {"bundle": data, "expect": list(expect)} if expect else {"bundle": data}


def accepted(title, data, expect=(), section="verifying"):
    return {"title": title, "section": section, "input": given(data, expect), "expect": report(data, expect)}


def refused(title, data, expect=(), section="verifying"):
    try:
        failures = verify_bundle(data, [each.hex() for each in expect])["failures"]
    except ProtocolError as error:
        return {"title": title, "section": section, "input": given(data, expect), "error": error.code}
    assert failures, title
    return {"title": title, "section": section, "input": given(data, expect), "error": failures[0]["code"], "failures": failures}
