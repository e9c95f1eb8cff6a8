SPEC = "encryption.md"
NOTE = "Ada's epochs, sealed to Bo and Cy. Each broken case is a good one with one thing changed."

from parley_reference import entry, epoch, hpke
from parley_reference.encoding import encode
from parley_reference.errors import ProtocolError
from parley_reference.primitives import seal

from .cast import ADA, BO, CY, ROOM, START, Writer, seed

LOG, OTHER = Writer(ADA).key, Writer(BO).key
SALT = seed(0x51)[:16]
HEADER = {"kind": "message-sent", "time": START, "depth": 3, "heads": [(OTHER, 1, seed(0x52))]}
BODY = encode(["Hello, Bo."])
PLACE = {"room": ROOM, "log": LOG, "index": 4}
SECRETS = [seed(0x61), seed(0x62), seed(0x63)]
COMMITMENTS = epoch.commit(ROOM, LOG, 1, SECRETS)
EPOCH = {"room": ROOM, "log": LOG, "number": 1}
HELD = {"header": SECRETS[0], "history": [0, SECRETS[1]], "ephemeral": [0, SECRETS[2]]}
PREKEYS = {person.device: seed(0x71 + number) for number, person in enumerate((ADA, BO, CY))}
DAY = epoch.DAY


def cases():
    yield from sealed()
    yield from committed()
    yield from chains()
    yield from paddings()
    yield from boxes()
    yield from events()
    yield from opened()
    yield from cursors()
    yield from audits()
    yield from rotations()
    yield from prekeys()
    yield from grants()
    yield from rows()


def expect_code(title, code, run):
    try:
        run()
    except ProtocolError as error:
        assert error.code == code, (title, error.code)
    else:
        raise AssertionError(title)


def refused(title, section, given, code, run):
    expect_code(title, code, run)
    return {"title": title, "section": section, "input": given, "error": code}


# Entries of suite 1


def sealed():
    for title, entry_class, header, body, step in [
        ("a message, the third of its epoch", "message", HEADER, BODY, 2),
        ("a step of a call, on the same chain", "call", {**HEADER, "kind": "call-ended"}, encode([bytes(16), "hung-up"]), 3),
        ("an ephemeral message, on a chain of its own", "ephemeral", {**HEADER, "kind": "later"}, BODY, 0),
        ("the last step of an epoch", "message", {**HEADER, "heads": []}, b"", 255),
    ]:
        data = entry.encode_header(header)
        block = epoch.seal_entry(ROOM, LOG, PLACE["index"], entry_class, data, body, HELD, 1, step, SALT)
        secrets = epoch.entry_secrets({"class": entry_class, "step": step}, HELD)
        keys = entry.keys_from(secrets, LOG, PLACE["index"], SALT)
        assert epoch.open_entry(block, *PLACE.values(), HELD) == (entry_class, {**header, "heads": list(header["heads"])}, body)
        yield {
            "title": title,
            "section": "format",
            "input": {**PLACE, "held": HELD, "epoch": 1, "step": step, "salt": SALT, "class": entry_class, "header": shown(header), "body": body},
            "steps": {
                "stepSecret": secrets[1],
                "headerKey": keys[0],
                "bodyKey": keys[1],
                "headerPlaintext": entry.pad(data),
                "bodyPlaintext": entry.pad(body),
                "frame": block[: entry.FRAME],
            },
            "expect": {"block": block},
        }


def shown(header):
    return {**header, "heads": [{"log": log, "length": length, "treeHash": hashed} for log, length, hashed in header["heads"]]}


def opened():
    def block(step=2, entry_class="message", header=entry.pad(entry.encode_header(HEADER)), body=entry.pad(BODY), held=HELD):
        secrets = epoch.entry_secrets({"class": entry_class, "step": step}, held)
        keys = entry.keys_from(secrets, LOG, 4, SALT)
        return entry.seal_with(ROOM, LOG, 4, entry_class, header, body, keys, SALT, 1, 1, step)

    whole = block()
    keys = entry.keys_from(epoch.entry_secrets({"class": "message", "step": 2}, HELD), LOG, 4, SALT)

    def put(at, data):
        return whole[:at] + data + whole[at + len(data) :]

    from_third = [2, epoch.step_key(SECRETS[1], 0, 2)]
    from_fourth = [3, epoch.step_key(SECRETS[1], 0, 3)]
    for title, held, has_body in [
        ("with the first key of the chain", HELD, True),
        ("with the key of its own step", {**HELD, "history": from_third}, True),
        ("with the key of a later step: its header alone", {**HELD, "history": from_fourth}, False),
    ]:
        _, header, body = epoch.open_entry(whole, *PLACE.values(), held)
        assert (body is not None) == has_body
        yield {
            "title": title,
            "section": "verifying",
            "input": {**PLACE, "held": held, "block": whole},
            "expect": {"header": shown(header), "body": body},
        }

    downgraded = entry.seal_entry(ROOM, LOG, 4, "message", entry.encode_header(HEADER), BODY, SECRETS[0], SALT)
    # The same ciphertext of the header, and a body that opens under another key: no commitment is to both.
    other = seed(2)
    end = entry.FRAME + entry.read_frame(whole, 1)["headerLength"]
    forged_body = seal(other, entry.pad(encode(["Good-bye, Bo."])), entry.associated(*PLACE.values(), 1, whole[: entry.FRAME]))
    for title, change, code in [
        ("suite 0 for a message", {"block": downgraded}, "entry/suite"),
        ("suite 1 for class authority", {"block": put(2, b"\x00")}, "entry/suite"),
        ("suite 1 for class epoch", {"block": put(2, b"\x03")}, "entry/suite"),
        ("suite 2", {"block": put(1, b"\x02")}, "entry/version"),
        ("step 256", {"block": put(7, entry.u32(256))}, "epoch/step"),
        ("a step of four thousand million", {"block": put(7, entry.u32(2**32 - 1))}, "epoch/step"),
        ("the next step in the frame", {"block": put(7, entry.u32(3))}, "entry/commitment"),
        ("class ephemeral in the frame", {"block": put(2, b"\x04")}, "entry/commitment"),
        ("another epoch in the frame", {"block": put(3, entry.u32(2))}, "entry/sealed"),
        ("another header secret", {"held": {**HELD, "header": seed(1)}}, "entry/commitment"),
        ("another chain", {"held": {**HELD, "history": [0, seed(1)]}}, "entry/commitment"),
        ("at another index", {"index": 5}, "entry/commitment"),
        ("in another log", {"log": OTHER}, "entry/commitment"),
        ("in another room", {"room": seed(9)}, "entry/sealed"),
        ("a second body under the same commitment", {"block": whole[:end] + forged_body}, "entry/sealed"),
        ("a header that is not padded", {"block": block(header=entry.encode_header(HEADER))}, "entry/padding"),
        ("a body that is not padded", {"block": block(body=BODY)}, "entry/padding"),
        ("a body that is padded to the size after its own", {"block": block(body=entry.pad(BODY) + bytes(64))}, "entry/padding"),
    ]:
        given = {**PLACE, "held": HELD, "block": whole, **change}
        yield refused(title, "verifying", given, code, lambda: epoch.open_entry(given["block"], given["room"], given["log"], given["index"], given["held"]))
    other_keys = [keys[0], other]
    given = {**PLACE, "keys": other_keys, "block": whole[:end] + forged_body}
    title = "a second body with the key that it opens with"
    yield refused(title, "verifying", given, "entry/commitment", lambda: entry.open_entry(given["block"], ROOM, LOG, 4, other_keys, 1))


# Commitments, chains, padding


def committed():
    for title, place in [
        ("what Ada's first epoch commits to", EPOCH),
        ("the same secrets in her second", {**EPOCH, "number": 2}),
        ("the same secrets in Bo's log", {**EPOCH, "log": OTHER}),
        ("the same secrets in another room", {**EPOCH, "room": seed(9)}),
    ]:
        yield {
            "title": title,
            "section": "commitments",
            "input": {**place, "secrets": SECRETS},
            "expect": {"commitments": epoch.commit(*place.values(), SECRETS)},
        }
    for part, title in enumerate(["another header secret", "another history chain", "another ephemeral chain"]):
        secrets = [seed(1) if each == part else secret for each, secret in enumerate(SECRETS)]
        given = {**EPOCH, "secrets": secrets, "commitments": COMMITMENTS}
        yield refused(title, "commitments", given, "epoch/commitment", lambda: epoch.require_committed(*EPOCH.values(), secrets, COMMITMENTS))


def chains():
    for title, start, steps in [
        ("the first steps of a chain, in order", 0, [0, 1, 2]),
        ("out of order, with gaps", 0, [7, 2, 255, 0, 254]),
        ("from step 5 on, with two steps before it", 5, [5, 4, 6, 0]),
    ]:
        key = epoch.step_key(SECRETS[1], 0, start)
        yield {
            "title": title,
            "section": "chains",
            "input": {"step": start, "key": key, "open": steps},
            "steps": {"nextChainKey": epoch.step_key(key, start, start + 1)},
            "expect": {"secrets": [epoch.step_secret(key, start, step) for step in steps]},
        }
    for title, step in [("a step too many", 256), ("the greatest step there is in a frame", 2**32 - 1)]:
        given = {"step": 0, "key": SECRETS[1], "open": [step]}
        yield refused(title, "chains", given, "epoch/step", lambda: epoch.step_secret(SECRETS[1], 0, step))


def paddings():
    for length in (0, 1, 63, 64, 127, 255, 256, 511, 512, 1023, 1024, 2047):
        yield {"title": f"{length} bytes", "section": "padding", "input": {"length": length}, "expect": {"size": entry.padded_length(length)}}
    yield {"title": "five bytes that end as padding does", "section": "padding", "input": {"plaintext": b"Ada\x80\0"}, "expect": {"padded": entry.pad(b"Ada\x80\0")}}
    good = entry.pad(b"Ada")
    for title, padded in [
        ("nothing at all", b""),
        ("zeros without a mark", bytes(64)),
        ("another mark", good[:3] + b"\x81" + good[4:]),
        ("a byte behind the mark that is not zero", good[:-1] + b"\x01"),
        ("a zero less", good[:-1]),
        ("a zero more", good + b"\0"),
        ("the size after its own", good + bytes(64)),
        ("a size that there is not", good + bytes(64 * 2)),
    ]:
        yield refused(title, "padding", {"padded": padded}, "entry/padding", lambda: entry.unpad(padded))


# Boxes


def boxed(device, generation, secrets=SECRETS, ephemeral=0x81, steps=(0, 0), place=EPOCH, commitments=COMMITMENTS):
    context = epoch.box_context(*place.values(), commitments, steps, device, generation)
    return epoch.seal_box(secrets, hpke.public_half(PREKEYS[device]), context, seed(ephemeral))


def box_input(device, generation, sealed, steps=(0, 0)):
    return {**EPOCH, "commitments": COMMITMENTS, "steps": list(steps), "device": device, "generation": generation, "privateKey": PREKEYS[device], "sealed": sealed}


def open_case(given):
    names = ("sealed", "privateKey", "room", "log", "number", "commitments", "steps", "device", "generation")
    secrets = epoch.open_secrets(*[given[name] for name in names])
    # Of a chain that is given from a later step on only that of the headers can be compared.
    known = secrets if given["steps"] == [0, 0] else [secrets[0], None, None]
    epoch.require_committed(given["room"], given["log"], given["number"], known, given["commitments"])
    return secrets


def boxes():
    whole = box_input(BO.device, 3, boxed(BO.device, 3))
    present = [SECRETS[0], epoch.step_key(SECRETS[1], 0, 9), epoch.step_key(SECRETS[2], 0, 2)]
    joined = box_input(CY.device, 0, boxed(CY.device, 0, present, 0x82, (9, 2)), (9, 2))
    for title, given in [("the box of Bo in an epoch that starts", whole), ("the box of Cy in one that is shared, from steps 9 and 2 on", joined)]:
        yield {"title": title, "section": "boxes", "input": given, "expect": {"secrets": open_case(given)}}
    flipped = whole["sealed"][:40] + bytes([whole["sealed"][40] ^ 1]) + whole["sealed"][41:]
    for title, change, code in [
        ("of another room", {"room": seed(9)}, "epoch/box"),
        ("of another log", {"log": OTHER}, "epoch/box"),
        ("of another epoch", {"number": 2}, "epoch/box"),
        ("under other commitments", {"commitments": [COMMITMENTS[0], COMMITMENTS[2], COMMITMENTS[1]]}, "epoch/box"),
        ("of a later step", {"steps": [1, 0]}, "epoch/box"),
        ("for another device", {"device": CY.device}, "epoch/box"),
        ("for another generation", {"generation": 2}, "epoch/box"),
        ("with another key", {"privateKey": PREKEYS[CY.device]}, "epoch/box"),
        ("one bit changed", {"sealed": flipped}, "epoch/box"),
        ("an encapsulated key of zeros", {"sealed": bytes(32) + whole["sealed"][32:]}, "epoch/box"),
        ("with a secret of its own for Bo", {"sealed": boxed(BO.device, 3, [SECRETS[0], seed(1), SECRETS[2]])}, "epoch/commitment"),
        ("with a header secret of its own for Bo", {"sealed": boxed(BO.device, 3, [seed(1), *SECRETS[1:]])}, "epoch/commitment"),
    ]:
        given = {**whole, **change}
        yield refused(title, "boxes", given, code, lambda: open_case(given))
    given = {**joined, "sealed": boxed(CY.device, 0, [seed(1), *present[1:]], 0x82, (9, 2))}
    yield refused("shared with a header secret of its own for Cy", "boxes", given, "epoch/commitment", lambda: open_case(given))


# Events


def box(person, generation=0):
    return [person.device, generation, boxed(person.device, generation)]


def events():
    two = sorted([box(BO), box(CY)])
    started = [1, "begun", True, COMMITMENTS, two]
    grant = [BO.device, 3, bytes(48)]
    good = [
        ("a body of prekey-announced", "prekey-announced", [0, hpke.public_half(PREKEYS[BO.device])]),
        ("a body of epoch-started", "epoch-started", started),
        ("a body of epoch-started that is sealed to nobody", "epoch-started", [1, "removed", False, COMMITMENTS, []]),
        ("a body of epoch-shared", "epoch-shared", [1, 9, 2, [box(CY)]]),
        ("a body of history-granted", "history-granted", grant),
    ]
    for title, kind, body in good:
        data = encode(body)
        yield {
            "title": title,
            "section": "events",
            "input": {"kind": kind, "class": "epoch", "body": data},
            "expect": {"event": epoch.decode_event(kind, "epoch", data)},
        }

    def without(index, value):
        return [value if each == index else item for each, item in enumerate(started)]

    for title, kind, entry_class, body, code in [
        ("a start in class authority", "epoch-started", "authority", started, "entry/body"),
        ("a prekey in class message", "prekey-announced", "message", good[0][2], "entry/body"),
        ("an epoch 0", "epoch-started", "epoch", without(0, 0), "entry/body"),
        ("an unknown reason", "epoch-started", "epoch", without(1, "whim"), "entry/body"),
        ("a number where true or false stands", "epoch-started", "epoch", without(2, 1), "entry/body"),
        ("two commitments", "epoch-started", "epoch", without(3, COMMITMENTS[:2]), "entry/body"),
        ("a commitment of 31 bytes", "epoch-started", "epoch", without(3, [*COMMITMENTS[:2], COMMITMENTS[2][:31]]), "entry/body"),
        ("boxes in the wrong order", "epoch-started", "epoch", without(4, two[::-1]), "entry/body"),
        ("a device with two boxes", "epoch-started", "epoch", without(4, [two[0], two[0]]), "entry/body"),
        ("a box of 143 bytes", "epoch-started", "epoch", without(4, [[BO.device, 0, bytes(143)]]), "entry/body"),
        ("one field more", "epoch-started", "epoch", [*started, 0], "entry/body"),
        ("a share of step 257", "epoch-shared", "epoch", [1, 257, 0, []], "entry/body"),
        ("a grant above 128 KiB", "history-granted", "epoch", [BO.device, 3, bytes(131_073)], "entry/body"),
        ("a grant for a device of 31 bytes", "history-granted", "epoch", [BO.device[:31], 3, bytes(48)], "entry/body"),
        ("a prekey of 31 bytes", "prekey-announced", "epoch", [0, bytes(31)], "entry/body"),
        ("a prekey of zeros", "prekey-announced", "epoch", [0, bytes(32)], "epoch/prekey"),
    ]:
        data = encode(body)
        yield refused(title, "events", {"kind": kind, "class": entry_class, "body": data}, code, lambda: epoch.decode_event(kind, entry_class, data))
    data = b"\xff"
    yield refused("a body that is no CBOR", "events", {"kind": "epoch-started", "class": "epoch", "body": data}, "entry/body", lambda: epoch.decode_event("epoch-started", "epoch", data))


# Numbers and steps


def cursors():
    def says(step, number=1, entry_class="message"):
        return {"class": entry_class, "epoch": number, "step": step}

    def starts(number):
        return {"kind": "epoch-started", "number": number}

    def shares(number, history, ephemeral):
        return {"kind": "epoch-shared", "number": number, "history": history, "ephemeral": ephemeral}

    def announces(generation):
        return {"kind": "prekey-announced", "generation": generation}

    good = [announces(0), starts(1), says(0), says(1, entry_class="call"), says(0, entry_class="ephemeral"), shares(1, 2, 1), says(2), announces(1), starts(2), says(0, 2)]
    for title, generation, moves in [
        ("nothing yet", 0, []),
        ("two epochs, and what stands between them", 0, good),
        ("a grant changes nothing", 0, [starts(1), {"kind": "history-granted"}, says(0)]),
        ("the prekeys of a device's third log", 2, [announces(131_072), starts(1), announces(131_073)]),
    ]:
        cursor = epoch.NO_EPOCH
        for move in moves:
            cursor = epoch.advance(cursor, move, generation)
        yield {"title": title, "section": "numbers and steps", "input": {"generation": generation, "moves": moves}, "expect": {"cursor": cursor}}
    for title, moves, code in [
        ("a message before any epoch", [says(0)], "epoch/number"),
        ("a message of epoch 0", [says(0, 0)], "epoch/number"),
        ("a message of the epoch before", [starts(1), says(0), starts(2), says(1)], "epoch/number"),
        ("a message of the epoch to come", [starts(1), says(0, 2)], "epoch/number"),
        ("a step twice", [starts(1), says(0), says(0)], "epoch/step"),
        ("a step left out", [starts(1), says(0), says(2)], "epoch/step"),
        ("an ephemeral step counted with the others", [starts(1), says(0), says(1, entry_class="ephemeral")], "epoch/step"),
        ("a step after the last", [starts(1), *[says(step) for step in range(256)], says(256)], "epoch/step"),
        ("the first epoch is 2", [starts(2)], "epoch/number"),
        ("an epoch twice", [starts(1), starts(1)], "epoch/number"),
        ("an epoch left out", [starts(1), starts(3)], "epoch/number"),
        ("an earlier step is shared", [starts(1), says(0), says(1), shares(1, 1, 0)], "epoch/step"),
        ("an ephemeral step that is past is shared", [starts(1), says(0, entry_class="ephemeral"), shares(1, 0, 0)], "epoch/step"),
        ("an epoch that is over is shared", [starts(1), starts(2), shares(1, 0, 0)], "epoch/number"),
        ("an epoch is shared before any", [shares(1, 0, 0)], "epoch/number"),
        ("the first prekey is 1", [announces(1)], "epoch/prekey"),
        ("a prekey twice", [announces(0), announces(0)], "epoch/prekey"),
        ("a prekey of the device's next log", [announces(65_536)], "epoch/prekey"),
    ]:
        cursor = epoch.NO_EPOCH
        for move in moves[:-1]:
            cursor = epoch.advance(cursor, move)
        yield refused(title, "numbers and steps", {"generation": 0, "moves": moves}, code, lambda: epoch.advance(cursor, moves[-1]))


# Recipients and rotation

DEVICES = {person.name: person.device.hex() for person in (ADA, BO, CY)}


def audits():
    readers = {DEVICES["Ada"]: 0, DEVICES["Bo"]: 3, DEVICES["Cy"]: 1}
    for title, boxes_, complete, code in [
        ("every device of the room", readers, True, None),
        ("a share with the one that came", {DEVICES["Cy"]: 1}, False, None),
        ("without Cy", {device: readers[device] for device in (DEVICES["Ada"], DEVICES["Bo"])}, True, "epoch/recipients"),
        ("with a device that is not in the room", {**readers, "ee" * 32: 0}, True, "epoch/recipients"),
        ("with Bo's prekey before", {**readers, DEVICES["Bo"]: 2}, True, "epoch/recipients"),
        ("a share with a device that is not in the room", {"ee" * 32: 0}, False, "epoch/recipients"),
    ]:
        given = {"boxes": boxes_, "readers": readers, "complete": complete}
        if code:
            yield {**refused(title, "recipients", given, code, lambda: epoch.require_recipients(boxes_, readers, complete)), "steps": epoch.audit(boxes_, readers)}
        else:
            yield {"title": title, "section": "recipients", "input": given, "steps": epoch.require_recipients(boxes_, readers, complete), "expect": {}}


def rotations():
    all_three = sorted(DEVICES.values())
    own = {"history": 17, "ephemeral": 0, "began": START, "sealedTo": all_three, "intact": True}
    for title, change, recipients, now in [
        ("nothing is due", {}, all_three, START + DAY),
        ("the last moment of an epoch", {}, all_three, START + 7 * DAY - 1),
        ("seven days", {}, all_three, START + 7 * DAY),
        ("a clock that was set back", {}, all_three, START - 1),
        ("the 255th message is there", {"history": 255}, all_three, START),
        ("256 messages", {"history": 256}, all_three, START),
        ("256 ephemeral messages", {"ephemeral": 256}, all_three, START),
        ("an unclean start", {"intact": False}, all_three, START),
        ("a device is gone", {}, all_three[:2], START),
        ("a device is gone and another came", {"sealedTo": all_three[:2]}, all_three[1:], START),
        ("a device came", {"sealedTo": all_three[:2]}, all_three, START),
        ("a device came, in an epoch that is full", {"sealedTo": all_three[:2], "history": 256}, all_three, START),
        ("nobody but oneself, and no epoch yet", None, all_three[:1], START),
    ]:
        state = None if change is None else {**own, **change}
        yield {
            "title": title,
            "section": "rotation",
            "input": {"own": state, "recipients": recipients, "now": now},
            "expect": {"due": epoch.due(state, recipients, now)},
        }


# Prekeys

POINTS = {
    "a key": hpke.public_half(seed(0x71)),
    "the base point": (9).to_bytes(32, "little"),
    "the greatest number below p - 1": (2**255 - 21).to_bytes(32, "little"),
}
REFUSED_POINTS = {
    "0, of order 2": 0,
    "1, of order 4": 1,
    "a point of order 8": 325606250916557431795983626356110631294008115727848805560023387167927233504,
    "the other point of order 8": 39382357235489614581723060781553021112529911719440698176882885853963445705823,
    "p - 1, of order 4 on the twist": 2**255 - 20,
    "p, a second way to write 0": 2**255 - 19,
    "p + 9, a second way to write the base point": 2**255 - 10,
    "the highest bit set": 9 + 2**255,
}


def prekeys():
    for title, key in POINTS.items():
        yield {"title": title, "section": "prekeys", "input": {"key": epoch.require_prekey(key)}, "expect": {}}
    for title, number in REFUSED_POINTS.items():
        key = number.to_bytes(32, "little")
        yield refused(title, "prekeys", {"key": key}, "epoch/prekey", lambda: epoch.require_prekey(key))
    held = [{"generation": generation, "announced": START + 7 * DAY * generation, "replaced": START + 7 * DAY * (generation + 1)} for generation in range(2)]
    held.append({"generation": 2, "announced": START + 14 * DAY, "replaced": None})
    for title, pairs, sealed_to, now in [
        ("no prekey yet", [], [], START),
        ("three pairs; one author is still at the first", held, [2, 0], START + 15 * DAY),
        ("three pairs; every author is past the first", held, [2, 1], START + 15 * DAY),
        ("three pairs; every author is at the newest", held, [2, 2], START + 15 * DAY),
        ("three pairs; an author has no epoch yet", held, [2, None], START + 15 * DAY),
        ("three pairs; nobody else is there", held, [], START + 15 * DAY),
        ("thirty days after the first was replaced", held, [2, 0], START + 37 * DAY),
        ("seven days after the newest was announced", held, [0, 0], START + 21 * DAY),
        ("a newest pair from the future", held, [0, 0], START),
    ]:
        yield {
            "title": title,
            "section": "prekeys",
            "input": {"held": pairs, "sealedTo": sealed_to, "now": now},
            "expect": {"due": epoch.is_prekey_due(pairs, now), "needed": epoch.needed_prekeys(pairs, sealed_to, now)},
        }


# History


def grants():
    second = [seed(0x64), seed(0x65), seed(0x66)]
    started = [[LOG, 1, True, COMMITMENTS], [LOG, 2, True, epoch.commit(ROOM, LOG, 2, second)], [LOG, 3, False, epoch.commit(ROOM, LOG, 3, second)]]
    whole = [[LOG, 1, *SECRETS[:2]], [LOG, 2, *second[:2]]]
    device, generation = CY.device, 1

    def given(items, **change):
        context = epoch.grant_context(ROOM, OTHER, device, generation)
        sealed = epoch.seal_box([encode(items)], hpke.public_half(PREKEYS[device]), context, seed(0x83))
        return {"room": ROOM, "from": OTHER, "device": device, "generation": generation, "privateKey": PREKEYS[device], "started": started, "sealed": sealed, **change}

    def run(case):
        known = {(log, number): (shareable, commitments) for log, number, shareable, commitments in case["started"]}
        return epoch.open_grant(case["sealed"], case["privateKey"], case["room"], case["from"], case["device"], case["generation"], known)

    for title, items in [("two epochs of Ada, given by Bo", whole), ("one that began nowhere is passed over", [*whole, [LOG, 9, *SECRETS[:2]]]), ("nothing", [])]:
        case = given(items)
        yield {"title": title, "section": "history", "input": case, "expect": {"epochs": run(case)}}
    good = given(whole)
    for title, case, code in [
        ("an epoch that was not made shareable", given([*whole, [LOG, 3, *second[:2]]]), "epoch/not-shareable"),
        ("an epoch with another chain", given([[LOG, 1, SECRETS[0], seed(1)]]), "epoch/commitment"),
        ("an epoch with another header secret", given([[LOG, 1, seed(1), SECRETS[1]]]), "epoch/commitment"),
        ("an epoch with a later step of its chain", given([[LOG, 1, SECRETS[0], epoch.step_key(SECRETS[1], 0, 1)]]), "epoch/commitment"),
        ("in another room", {**good, "room": seed(9)}, "epoch/box"),
        ("from another log", {**good, "from": LOG}, "epoch/box"),
        ("to another generation", {**good, "generation": 0}, "epoch/box"),
        ("with one field less", given([[LOG, 1, SECRETS[0]]]), "encoding/unexpected-type"),
    ]:
        yield refused(title, "history", case, code, lambda: run(case))


# Key store


def rows():
    def secret(step, chain=1):
        return epoch.step_secret(SECRETS[chain], 0, step)

    def key(step, chain=1):
        return [step, epoch.step_key(SECRETS[chain], 0, step)]

    fresh = [None, key(0, 2), {}]
    for title, keeps, opens, forgets, history, ephemeral in [
        ("nothing opened yet", True, [], [], [key(0), key(0), {}], fresh),
        ("steps 0 to 2 opened, and kept", True, [["message", 0], ["message", 2]], [], [key(0), key(3), {}], fresh),
        ("steps 0 and 2 opened, and forgotten", False, [["message", 0], ["message", 2]], [], [None, key(3), {1: secret(1)}], fresh),
        ("ephemeral step 1 opened before 0", True, [["ephemeral", 1]], [], [key(0), key(0), {}], [None, key(2, 2), {0: secret(0, 2)}]),
        ("one message forgotten", True, [["message", 3]], [2], [key(3), key(4), {0: secret(0), 1: secret(1)}], fresh),
        ("two messages forgotten", True, [["message", 3]], [2, 0], [key(3), key(4), {1: secret(1)}], fresh),
        ("a message forgotten before it came", True, [], [1], [key(2), key(2), {0: secret(0)}], fresh),
    ]:
        yield {
            "title": title,
            "section": "key store",
            "input": {**EPOCH, "secrets": SECRETS, "shareable": True, "learned": START, "keeps": keeps, "open": opens, "forget": forgets},
            "expect": {"row": epoch.encode_row(LOG, 1, True, START, SECRETS[0], history, ephemeral)},
        }
    row = epoch.encode_row(LOG, 1, True, START, SECRETS[0], [key(0), key(0), {}], None)
    yield {
        "title": "the ephemeral chain wiped 21 days later",
        "section": "key store",
        "input": {**EPOCH, "secrets": SECRETS, "shareable": True, "learned": START, "keeps": True, "open": [], "forget": [], "now": START + 21 * DAY},
        "expect": {"row": row},
    }
