"""Bundles and excerpts with checkpoints: Ada makes them, and others witness. In each broken one a single thing differs from the first."""

from parley_reference import checkpoint, log, merkle
from parley_reference.encoding import encode
from parley_reference.envelope import encode_file
from parley_reference.primitives import public_key, sign

from .cast import ADA, BO, CY, DI, GENESIS, ROOM, START, Device, Writer, seed

NOON = START // 1000 + 60


def conversation():
    """Ada has four entries, Bo three, Cy two."""
    ada, bo, cy = Writer(ADA), Writer(BO), Writer(CY)
    ada.create_room("Kitchen")
    bo.join(ada)
    cy.join(ada, bo)
    ada.say("Tea?", bo, cy)
    bo.say("Please.", ada)
    cy.say("No, thank you.", ada)
    ada.say("Two cups, then.", bo, cy)
    bo.say("Thank you.", ada)
    ada.say("Good night.", bo)
    return ada, bo, cy


def logged(writer, length=None, fork=0, hashed=None):
    """A head as it stands in a tree."""
    key, length, true_hash = writer.head(length)
    hashed = hashed or true_hash
    return key, fork, length, hashed, sign(log.head_signable(key, length, hashed, fork), writer.person.device_seed)


def noted(heads, words=(), size=None, person=ADA, generation=0, room=ROOM):
    """A checkpoint of a tree with these heads, up to a size. `words`: (who, seconds after noon) each."""
    leaves = [checkpoint.head_leaf(*head) for head in heads][:size]
    point = room, person.device, generation, len(leaves), merkle.root(leaves)
    given = sorted(checkpoint.cosign(point, each.device, each.device_seed, NOON + after) for each, after in words)
    return point, checkpoint.sign_checkpoint(point, person.device_seed), given


def shown(heads, words=(), size=None, **of):
    """The same as a file has it, with the last head of each log."""
    leaves = [checkpoint.head_leaf(*head) for head in heads][:size]
    last = {head[0]: index for index, head in enumerate(heads[:size])}
    covers = [[*heads[index], index, merkle.path(index, leaves)] for _, index in sorted(last.items())]
    return [checkpoint.note(*noted(heads, words, size, **of)), covers]


def told(each):
    note, heads = each
    names = ("log", "fork", "length", "treeHash", "signature", "index", "hashes")
    return {"note": note, "heads": [dict(zip(names, head)) for head in heads]}


def history(ada, bo, cy):
    """What Ada's device logs: everything as it comes, each log three times at most."""
    return [logged(ada, 1), logged(bo, 1), logged(cy, 1), logged(ada, 2), logged(bo, 2), logged(cy, 2), logged(ada), logged(bo)]


BOTH = ((BO, 1), (CY, 3))


def bundles(accepted, refused, exported):
    ada, bo, cy = conversation()
    logs = ada.bundled(), bo.bundled(), cy.bundled()
    heads = history(ada, bo, cy)

    def accept(title, *checkpoints, logs=logs, section="witnessed"):
        return accepted(title, exported(*logs, checkpoints=checkpoints), (), section)

    def refuse(title, *checkpoints, logs=logs):
        return refused(title, exported(*logs, checkpoints=checkpoints), (), "checkpoints")

    good = shown(heads, BOTH)
    yield accept("what two others have witnessed, each the logs of the other two", good, section="checkpoints")
    yield accept("a checkpoint that nobody has witnessed", shown(heads))
    yield accept("the newest, which one has witnessed, and one before it, which two have", shown(heads, BOTH, 6), shown(heads, ((CY, 9),)))
    yield accept("somebody who has witnessed both, by their earlier word", shown(heads, BOTH, 6), shown(heads, ((BO, 7), (CY, 9))))
    yield accept("two who have begun to witness at different lengths", shown(heads, ((BO, 1),), 6), shown(heads, ((CY, 9),)))
    of_bo = shown(heads[:6], ((ADA, 5), (CY, 4)), person=BO)
    yield accept("checkpoints of two devices, each of which has witnessed the other's", *sorted([good, of_bo]))
    yield accept("the word of somebody of whom nothing is here", shown(heads, ((BO, 1), (DI, 2))))
    yield accept("an author who witnesses their own log, and nobody else does", shown(heads[:2], ((BO, 1),)))
    yield accept("a head longer than what is here of its log", good, logs=(ada.bundled(), bo.bundled(2), cy.bundled()))
    yield accept("a head of a log that is not here", good, logs=logs[:2])
    yield accept("a head that was signed after something had been taken back, with the history that is here", shown([*heads, logged(cy, 2, fork=1)], BOTH))
    yield accept("a head of no entry", shown([logged(cy, 0)], BOTH))
    yield from standings(accept)
    yield from broken(refuse, ada, bo, cy)
    yield from malformed(refused, logs, good)


def standings(accept):
    """Whose word counts."""
    ada, bo, cy = conversation()
    ada.operate("member-removed", CY.identity, 0, [cy.mark()], knows=[each.operation(0) for each in (bo, cy)])
    yield accept("a member who was removed", shown(history(ada, bo, cy), BOTH), logs=(ada.bundled(), bo.bundled(), cy.bundled()))
    ada, bo, cy = Writer(ADA), Writer(BO), Writer(CY)
    ada.create_room("Kitchen")
    ada.operate("invite-created", public_key(seed(0x45)), "reader", None, None)
    bo.join(ada, invite_seed=seed(0x45))
    cy.join(ada, invite_seed=seed(0x46))
    heads = [logged(ada), logged(bo), logged(cy)]
    yield accept("a reader, and somebody whom nothing let in", shown(heads, BOTH), logs=(ada.bundled(), bo.bundled(), cy.bundled()))
    phone = Device(BO, seed(0x25), by_words=True)
    ada, bo, cy = conversation()
    other = Writer(phone)
    other.join(ada, bo)
    logs = ada.bundled(), bo.bundled(), cy.bundled(), other.bundled()
    words = (*BOTH, (phone, 0))
    yield accept("two devices of one person, who is one witness, and none of either's logs", shown([*history(ada, bo, cy), logged(other)], words), logs=logs)
    other.write("identity-updated", [phone.revoke(BO, bo.mark())], ())
    logs = ada.bundled(), bo.bundled(), cy.bundled(), other.bundled()
    yield accept("a device that was revoked", shown([*history(ada, bo, cy), logged(other)], BOTH), logs=logs)
    laptop = Device(ADA, seed(0x15), by_words=True)
    ada, bo, cy = conversation()
    other = Writer(laptop)
    other.join(ada, bo)
    logs = ada.bundled(), bo.bundled(), cy.bundled(), other.bundled()
    yield accept("another device of whose checkpoint it is", shown(history(ada, bo, cy), ((laptop, 0), (BO, 1))), logs=logs)


def flip(data):
    return bytes([data[0] ^ 1]) + data[1:]


def broken(refuse, ada, bo, cy):
    heads = history(ada, bo, cy)
    note, covers = shown(heads, BOTH)
    point, signature, given = noted(heads, BOTH)
    (device, when, word), *others = given

    def noting(*changed):
        return [checkpoint.note(*changed), covers]

    def covering(*changed, at=0):
        return [note, [*covers[:at], [*covers[at][: 7 - len(changed)], *changed], *covers[at + 1 :]]]

    yield refuse("a note with a newline more, signed again", [note + b"\n", covers])
    yield refuse("a checkpoint of another room, signed again", shown(heads, BOTH, room=seed(0x44)))
    yield refuse("one bit of a checkpoint's signature, signed again", noting(point, flip(signature), given))
    yield refuse("one bit of a cosignature, signed again", noting(point, signature, [(device, when, flip(word)), *others]))
    yield refuse("an earlier time of a witness, signed again", noting(point, signature, [(device, when - 1, word), *others]))
    yield refuse("a checkpoint twice, signed again", [note, covers], [note, covers])
    yield refuse("checkpoints in the other order, signed again", [note, covers], shown(heads, BOTH, 6))
    yield refuse("heads in the other order, signed again", [note, covers[::-1]])
    yield refuse("a head twice, signed again", [note, [*covers[:1], *covers]])
    *_, index, hashes = covers[0]
    yield refuse("another index, signed again", covering(index ^ 1, hashes))
    yield refuse("an index beyond the tree, signed again", covering(len(heads), hashes))
    yield refuse("one bit of a path, signed again", covering([*hashes[:-1], flip(hashes[-1])]))
    yield refuse("a path without its last hash, signed again", covering(hashes[:-1]))
    yield refuse("another length of a head, signed again", covering(covers[0][2] - 1, *covers[0][3:]))
    unsigned = (*logged(cy)[:4], flip(logged(cy)[4]))
    yield refuse("a head that was logged without its device's signature", shown([*heads, unsigned], BOTH))
    yield refuse("a head of another history", shown([*heads, logged(bo, 2, hashed=seed(9))], BOTH))
    yield refuse("a head of another history, signed after something had been taken back", shown([*heads, logged(bo, fork=1, hashed=seed(9))], BOTH))


def malformed(refused, logs, good):
    note, (first, *others) = good
    in_order = sorted(logs, key=lambda each: log.log_key(ROOM, *each[:3]))

    def refuse(title, *checkpoints):
        content = encode([GENESIS, in_order, [ADA.device, START + 60_000], [], *checkpoints])
        return refused(f"{title}, signed again", encode_file(content, ADA.device_seed), (), "checkpoints")

    yield refuse("no place for checkpoints")
    yield refuse("65 checkpoints", [good] * 65)
    yield refuse("a checkpoint of three fields", [[*good, None]])
    yield refuse("a note of 32769 bytes", [[bytes(32_769), []]])
    yield refuse("a head of six fields", [[note, [first[:6], *others]]])
    yield refuse("a path of 49 hashes", [[note, [[*first[:6], [seed(7)] * 49], *others]]])


def excerpts(accepted, refused, exported):
    ada, bo, cy = conversation()
    logs = ada.excerpted(1), bo.excerpted(1), cy.excerpted(1)
    heads = history(ada, bo, cy)

    def accept(title, *checkpoints, logs=logs):
        return accepted(title, exported(*logs, checkpoints=checkpoints), (), "checkpoints")

    def refuse(title, *checkpoints):
        return refused(title, exported(*logs, checkpoints=checkpoints), (), "checkpoints")

    yield accept("messages of three people, each witnessed by others", shown(heads, BOTH))
    yield accept("a checkpoint that nobody has witnessed", shown(heads))
    yield accept("an older checkpoint: of a log at another length than its head nothing can be compared", shown(heads, BOTH, 6))
    yield refuse("a head of another history, at the length of the head", shown([*heads, logged(bo, hashed=seed(9))], BOTH))
    note, covers = shown(heads, BOTH)
    point, signature, given = noted(heads, BOTH)
    (device, when, word), *others = given
    yield refuse("one bit of a cosignature, signed again", [checkpoint.note(point, signature, [(device, when, flip(word)), *others]), covers])
    yield refuse("a head twice, signed again", [note, [*covers[:1], *covers]])
    yield refuse("a path without its last hash, signed again", [note, [[*covers[0][:6], covers[0][6][:-1]], *covers[1:]]])
