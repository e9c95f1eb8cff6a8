"""Bundles and excerpts of a room of suite 1. In each broken one somebody has sealed, counted or exported in one other way."""

from parley_reference import log, room
from parley_reference.bundle import encode_bundle
from parley_reference.bundle import encode_content as bundle_content
from parley_reference.excerpt import encode_content as excerpt_content
from parley_reference.excerpt import encode_excerpt

from .cast import ADA, BO, CY, DI, START, Device, seed, withheld
from .epoch_cast import EPOCH_GENESIS, EpochWriter, conversation

EXPORTED = START + 60_000


def key_of(each):
    return log.log_key(room.room_id(EPOCH_GENESIS), *each[:3])


def bundled(*logs):
    return encode_bundle(bundle_content(EPOCH_GENESIS, sorted(logs, key=key_of), ADA.device, EXPORTED), ADA.device_seed)


def excerpted(*logs):
    return encode_excerpt(excerpt_content(EPOCH_GENESIS, sorted(logs, key=key_of), ADA.device, EXPORTED), ADA.device_seed)


def whole(*writers):
    return bundled(*(each.bundled() for each in writers))


def bundles(accepted, refused):
    def accept(title, data):
        return accepted(title, data, (), "epochs")

    def refuse(title, data):
        return refused(title, data, (), "epochs")

    yield accept("three people, two of whom have begun epochs", whole(*conversation()))
    yield from sealings(accept, refuse)
    yield from numbers(accept, refuse)
    yield from disclosures(accept, refuse)


def sealings(accept, refuse):
    """To whom epochs are sealed."""
    ada, bo, cy = conversation()
    di = EpochWriter(DI)
    di.join(ada, bo, cy)
    di.announce()
    ada.share(di, cites=(di,))
    ada.say("Welcome.")
    bo.start(ada, bo, cy, di, cites=(ada, cy, di))
    yield accept("somebody comes, is shared with, and sealed to", whole(ada, bo, cy, di))
    ada, bo, cy = conversation()
    ada.operate("member-removed", CY.identity, 0, [cy.mark()], cites=(bo, cy), knows=[bo.operation(0), cy.operation(0)])
    ada.start(ada, bo)
    ada.say("Cy is gone.")
    bo.say("Who?")
    bo.start(ada, bo, cites=(ada,))
    yield accept("somebody is removed: sealed to until that is cited, and not any more", whole(ada, bo, cy))
    ada, bo, cy = conversation()
    cy.announce(ada)
    ada.start(ada, bo, cy, cites=(bo, cy))
    bo.start(ada, bo, cy, generations={"Cy": 0})
    yield accept("a prekey that was replaced, as long as its successor is not cited", whole(ada, bo, cy))
    for title, start in [
        ("an epoch without somebody who is in the room", lambda ada, bo, cy, di: ada.start(ada, bo, cites=(bo, cy))),
        ("an epoch with somebody who is not in the room", lambda ada, bo, cy, di: ada.start(ada, bo, cy, di, cites=(bo, cy))),
        ("an epoch with somebody who is, but whom its author does not cite", uncited),
        ("an epoch with a prekey that was replaced", lambda ada, bo, cy, di: cy.announce() and ada.start(ada, bo, cy, cites=(bo, cy), generations={"Cy": 0})),
        ("an epoch with a prekey that never was", lambda ada, bo, cy, di: ada.start(ada, bo, cy, cites=(bo, cy), generations={"Cy": 7})),
        ("an epoch with somebody who was removed before", lambda ada, bo, cy, di: ada.operate("member-removed", CY.identity, 0, [cy.mark()], cites=(bo, cy)) and ada.start(ada, bo, cy)),
        ("an epoch shared with somebody who is not in the room", lambda ada, bo, cy, di: ada.share(di, cites=(bo, cy))),
    ]:
        ada, bo, cy = conversation()
        di = EpochWriter(DI)
        di.prekey = 0
        start(ada, bo, cy, di)
        yield refuse(title, whole(*(each for each in (ada, bo, cy, di) if each.blocks)))
    yield from revoked_devices(accept, refuse)
    ada, bo, cy = conversation()
    yield accept("an epoch of which it cannot be told: what its author cites is not here", bundled(ada.bundled(), bo.bundled()))


TABLET = Device(CY, seed(0x36), by_words=True)


def revoked_devices(accept, refuse):
    """Cy's tablet comes, and revokes the device that they began with."""

    def revoked():
        ada, bo, cy = conversation()
        tablet = EpochWriter(TABLET)
        tablet.join(ada, bo, cy)
        tablet.announce()
        tablet.write("identity-updated", [TABLET.revoke(CY, cy.mark())], ())
        return ada, bo, cy, tablet

    ada, bo, cy, tablet = revoked()
    bo.start(ada, bo, cy)
    ada.start(ada, bo, tablet, cites=(bo, cy, tablet))
    yield accept("a device is revoked: sealed to until that is cited, and not any more", whole(ada, bo, cy, tablet))
    ada, bo, cy, tablet = revoked()
    ada.start(ada, bo, cy, tablet, cites=(bo, cy, tablet))
    yield refuse("an epoch with a device that was revoked before", whole(ada, bo, cy, tablet))


def uncited(ada, bo, cy, di):
    di.join(ada)
    di.announce(generation=0)
    ada.start(ada, bo, cy, di)


def numbers(accept, refuse):
    """How authors count."""

    def with_ada(title, write, verdict=refuse):
        ada, bo, cy = conversation()
        write(ada, bo, cy)
        return verdict(title, whole(ada, bo, cy))

    def claim(ada, **at):
        ada.at.update(at)
        ada.say("Hm.")

    def twice(ada, bo, cy):
        claim(ada, history=1)
        claim(ada, history=2)

    yield with_ada("a step twice, and the log goes on behind it", twice)
    yield with_ada("a step left out", lambda ada, bo, cy: claim(ada, history=3))
    yield with_ada("a message of an epoch that has not begun", lambda ada, bo, cy: claim(ada, number=2, history=0))
    yield with_ada("a message before any epoch", lambda ada, bo, cy: claim(cy, number=1))
    yield with_ada("an epoch that is left out", lambda ada, bo, cy: ada.start(ada, bo, cy, cites=(bo, cy), number=3))
    yield with_ada("an earlier step is shared", lambda ada, bo, cy: ada.share(bo, history=0))
    yield with_ada("an epoch that is over is shared", lambda ada, bo, cy: ada.start(ada, bo, cy, cites=(bo, cy)) or ada.share(bo, number=1))
    yield with_ada("a prekey that is left out", lambda ada, bo, cy: bo.announce(generation=2))
    yield with_ada("a prekey that nothing can be sealed to", lambda ada, bo, cy: bo.write("prekey-announced", [1, bytes(32)], ()))
    yield with_ada("boxes in the wrong order", lambda ada, bo, cy: ada.write("epoch-shared", [1, 2, 0, [[seed(2), 0, bytes(144)], [seed(1), 0, bytes(144)]]], ()))
    yield with_ada("something ephemeral, on a chain of its own, with its body", lambda ada, bo, cy: ada.fleeting("later"))
    yield with_ada("a message in a frame of suite 0", in_suite_0)


def in_suite_0(ada, bo, cy):
    ada.say("Hm.")
    block = ada.blocks[-1]
    ada.blocks[-1] = block[:1] + b"\x00" + block[2:]


def disclosures(accept, refuse):
    """What the exporter gives away."""
    ada, bo, cy = conversation()
    yield accept("the keys of headers alone, and both of who was sealed to", bundled(*(each.headers_only() for each in (ada, bo, cy))))
    yield accept("a message that the exporter has no key of", bundled(ada.without_keys(3), bo.bundled(), cy.bundled()))
    yield accept("every message without a key", bundled(ada.without_keys(3, 4), bo.without_keys(3), cy.bundled()))
    yield accept("a log sealed", bundled(ada.bundled(), bo.sealed(), cy.bundled()))
    ada.at["history"] = 1
    ada.say("Hm.")
    yield refuse("a step twice, in an entry that the exporter has no key of", bundled(ada.without_keys(5), bo.bundled(), cy.bundled()))
    ada, bo, cy = conversation()
    ada.fleeting("later")
    ada.say("And on.")
    yield accept("something ephemeral, of which the body is withheld", bundled(hidden(ada, 5), bo.bundled(), cy.bundled()))
    yield accept("something ephemeral that the exporter has no key of", bundled(ada.without_keys(5), bo.bundled(), cy.bundled()))
    ada, bo, cy = conversation()
    yield refuse("an epoch's start, withheld", bundled(hidden(ada, 2), bo.bundled(), cy.bundled()))
    yield refuse("an epoch's start without keys", bundled(ada.without_keys(2), bo.bundled(), cy.bundled()))
    yield refuse("the entry that lets a log in without keys", bundled(ada.bundled(), bo.bundled(), cy.without_keys(0)))
    mallory = EpochWriter(DI)
    mallory.at["number"] = 1
    mallory.say("I was here.")
    mallory.say("And here.")
    yield refuse("a log that nothing let in, and an entry of it without keys", bundled(ada.bundled(), bo.bundled(), cy.bundled(), mallory.without_keys(1)))


def hidden(writer, *indices):
    keys = [withheld(keys) if index in indices else keys for index, keys in enumerate(writer.keys)]
    return [*writer.bundled()[:5], keys]


def excerpts(accepted, refused):
    def accept(title, *logs):
        return accepted(title, excerpted(*logs), (), "epochs")

    def refuse(title, *logs):
        return refused(title, excerpted(*logs), (), "epochs")

    ada, bo, cy = conversation()
    yield accept("a message of each of two people", ada.excerpted(4), bo.excerpted(3))
    yield accept("two messages, and the start of their epoch", ada.excerpted(2, 3, 4))
    shown = ada.excerpted(3, 4)
    shown[4][2][2] = None
    yield accept("a message without keys", shown, bo.excerpted(3))
    shown = ada.excerpted(2, 4)
    shown[4][1][2] = withheld(shown[4][1][2])
    yield refuse("an epoch's start, withheld", shown)
    yield from contradictions(refuse)


def contradictions(refuse):
    def with_ada(title, write, *shown):
        ada, bo, cy = conversation()
        write(ada, bo, cy)
        return refuse(title, ada.excerpted(*shown))

    def claim(ada, **at):
        ada.at.update(at)
        ada.say("Hm.")

    yield with_ada("a step that is no greater than one before", lambda ada, bo, cy: claim(ada, history=1), 4, 5)
    yield with_ada("a step too great for the entries between", lambda ada, bo, cy: claim(ada, history=4), 3, 5)
    yield with_ada("a step too great for the entries before", lambda ada, bo, cy: claim(ada, history=4), 5)
    yield with_ada("an epoch that is over", lambda ada, bo, cy: ada.start(ada, bo, cy) or claim(ada, number=1, history=2), 5, 6)
    yield with_ada("an epoch too many for the entries between", lambda ada, bo, cy: claim(ada, number=2, history=0), 4, 5)
    yield with_ada("epoch 0", lambda ada, bo, cy: claim(ada, number=0, history=0), 5)
    yield with_ada("an epoch that starts twice", lambda ada, bo, cy: ada.start(ada, bo, cy, number=1), 2, 5)
    yield with_ada("a share of a step that is past", lambda ada, bo, cy: ada.share(bo, history=0), 4, 5)
    yield with_ada("a prekey that goes back", lambda ada, bo, cy: ada.announce() and ada.announce(generation=0) == 0, 5, 6)
