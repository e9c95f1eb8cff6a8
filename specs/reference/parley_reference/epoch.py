"""specs/encryption.md: author epochs. Plain and slow: a step is always reached from the start of what is held."""

from . import entry, hpke
from .encoding import as_array, as_bool, as_bytes, as_text, as_uint, decode, encode, in_domain, u8, u64
from .errors import ProtocolError
from .primitives import expand, sha256

MOST_STEPS = 256
MOST_BOXES = 1_000
MOST_U32 = 2**32 - 1
MOST_GENERATION = 2**48 - 1
BOX_BYTES = 144
MOST_GRANT_BYTES = 131_072
MOST_GRANT_PLAINTEXT = 130_000
REASONS = ["begun", "removed", "full", "aged", "unclean"]
KINDS = ["prekey-announced", "epoch-started", "epoch-shared", "history-granted"]
DAY = 86_400_000

# Commitments


def commit(room, log, number, secrets):
    """`secrets`: of the headers, the history chain and the ephemeral chain."""
    return [sha256(in_domain("epochCommitment", room, log, u64(number), u8(part), secret)) for part, secret in enumerate(secrets)]


def require_committed(room, log, number, secrets, commitments):
    for part, secret in enumerate(secrets):
        if secret is not None and commit(room, log, number, [secret] * 3)[part] != commitments[part]:
            raise ProtocolError("epoch/commitment", str(part))


# Chains


def step_key(key, start, step):
    for _ in range(start, step):
        key = expand(key, in_domain("chainKey"))
    return key


def step_secret(key, start, step):
    """The secret of a step, from the key of an earlier one or its own."""
    if step >= MOST_STEPS:
        raise ProtocolError("epoch/step", str(step))
    return None if step < start else expand(step_key(key, start, step), in_domain("stepSecret"))


# Boxes


def box_context(room, log, number, commitments, steps, device, generation):
    return in_domain("epochBox"), encode([room, log, number, commitments, *steps, device, generation])


def seal_box(secrets, prekey, context, ephemeral):
    return hpke.seal(prekey, b"".join(secrets), *context, ephemeral)


def open_box(sealed, private_key, context):
    opened = hpke.open_sealed(private_key, sealed, *context)
    if opened is None:
        raise ProtocolError("epoch/box")
    return opened


def open_secrets(sealed, private_key, room, log, number, commitments, steps, device, generation):
    """The three secrets in a box. Those of step 0 and of the headers are held to the commitments."""
    context = box_context(room, log, number, commitments, steps, device, generation)
    opened = open_box(sealed, private_key, context)
    if len(opened) != 96:
        raise ProtocolError("epoch/box", f"{len(opened)} bytes")
    secrets = [opened[:32], opened[32:64], opened[64:]]
    return secrets


# Prekeys


def require_prekey(key):
    """In its one encoding, and of a point that does not lead everybody to one secret, as OpenSSL finds out."""
    try:
        hpke.exchange(bytes([1]) * 32, key)
        reduced = int.from_bytes(key, "little") < 2**255 - 19
    except ValueError:
        reduced = False
    if not reduced:
        raise ProtocolError("epoch/prekey")
    return key


def is_prekey_due(held, now):
    newest = [each for each in held if each["replaced"] is None]
    return not newest or not 0 <= now - newest[0]["announced"] < 7 * DAY


def needed_prekeys(held, sealed_to, now):
    def needed(each):
        passed = all(generation is not None and generation > each["generation"] for generation in sealed_to)
        return each["replaced"] is None or (not passed and now - each["replaced"] < 30 * DAY)

    return [each["generation"] for each in held if needed(each)]


# Events


def decode_event(kind, entry_class, body):
    try:
        if entry_class != "epoch":
            raise ProtocolError("entry/body", f"{kind} in class {entry_class}")
        return _event(kind, decode(body, entry.MOST_BLOCK_BYTES))
    except ProtocolError as error:
        raise error if error.code == "epoch/prekey" else ProtocolError("entry/body", str(error)) from None


def _event(kind, body):
    if kind == "prekey-announced":
        generation, key = as_array(body, 2)
        return {"generation": as_uint(generation, MOST_GENERATION), "key": require_prekey(as_bytes(key, 32))}
    if kind == "epoch-started":
        number, reason, shareable, commitments, boxes = as_array(body, 5)
        if as_text(reason, 16) not in REASONS:
            raise ProtocolError("entry/body", "an unknown reason")
        committed = [as_bytes(each, 32) for each in as_array(commitments, 3)]
        event = {"number": _number(number), "reason": reason, "shareable": as_bool(shareable)}
        return {**event, "commitments": committed, "boxes": _boxes(boxes)}
    if kind == "epoch-shared":
        number, history, ephemeral, boxes = as_array(body, 4)
        steps = {"history": as_uint(history, MOST_STEPS), "ephemeral": as_uint(ephemeral, MOST_STEPS)}
        return {"number": _number(number), **steps, "boxes": _boxes(boxes)}
    device, generation, sealed = as_array(body, 3)
    return {"device": as_bytes(device, 32), "generation": as_uint(generation, MOST_GENERATION), "sealed": as_bytes(sealed, most=MOST_GRANT_BYTES)}


def _number(value):
    if as_uint(value, MOST_U32) == 0:
        raise ProtocolError("entry/body", "epochs count from 1")
    return value


def _boxes(value):
    boxes = []
    for item in as_array(value, most=MOST_BOXES):
        device, generation, sealed = as_array(item, 3)
        boxes.append({"device": as_bytes(device, 32), "generation": as_uint(generation, MOST_GENERATION), "sealed": as_bytes(sealed, BOX_BYTES)})
    devices = [box["device"] for box in boxes]
    if devices != sorted(set(devices)):
        raise ProtocolError("entry/body", "boxes that do not ascend")
    return boxes


# Numbers and steps

NO_EPOCH = {"number": 0, "history": 0, "ephemeral": 0, "prekey": None}
PREKEYS_OF_LOG = 65_536


def advance(cursor, move, log_generation=0):
    """`move`: a frame of suite 1, which has a class, or an event, which has a kind."""
    kind, chain = move.get("kind"), "ephemeral" if move.get("class") == "ephemeral" else "history"
    if kind == "prekey-announced":
        first = PREKEYS_OF_LOG * log_generation
        expected = first if cursor["prekey"] is None else cursor["prekey"] + 1
        if move["generation"] != expected or expected >= first + PREKEYS_OF_LOG:
            raise ProtocolError("epoch/prekey")
        return {**cursor, "prekey": move["generation"]}
    if kind == "epoch-started":
        if move["number"] != cursor["number"] + 1:
            raise ProtocolError("epoch/number")
        return {**cursor, "number": move["number"], "history": 0, "ephemeral": 0}
    if kind == "history-granted":
        return cursor
    if (move["number"] if kind else move["epoch"]) != cursor["number"] or cursor["number"] == 0:
        raise ProtocolError("epoch/number")
    if kind == "epoch-shared":
        if (move["history"], move["ephemeral"]) != (cursor["history"], cursor["ephemeral"]):
            raise ProtocolError("epoch/step")
        return cursor
    if move["step"] != cursor[chain] or move["step"] >= MOST_STEPS:
        raise ProtocolError("epoch/step")
    return {**cursor, chain: move["step"] + 1}


# Recipients


def audit(boxes, readers):
    """`boxes` and `readers`: generations by device, hex."""
    return {
        "missing": sorted(set(readers) - set(boxes)),
        "extra": sorted(set(boxes) - set(readers)),
        "stale": sorted(device for device in boxes if device in readers and readers[device] != boxes[device]),
    }


def require_recipients(boxes, readers, complete):
    faults = audit(boxes, readers)
    if faults["extra"] or faults["stale"] or (complete and faults["missing"]):
        raise ProtocolError("epoch/recipients")
    return faults


# Rotation


def due(own, recipients, now):
    """What comes before the author's next entry: a reason to start, the devices to share with, or None."""
    if own is None:
        return {"start": "begun"}
    if set(own["sealedTo"]) - set(recipients):
        return {"start": "removed"}
    if not own["intact"]:
        return {"start": "unclean"}
    if max(own["history"], own["ephemeral"]) >= MOST_STEPS:
        return {"start": "full"}
    if not 0 <= now - own["began"] < 7 * DAY:
        return {"start": "aged"}
    came = [device for device in recipients if device not in own["sealedTo"]]
    return {"share": came} if came else None


# History


def grant_context(room, log, device, generation):
    return in_domain("historyGrant"), encode([room, log, device, generation])


def open_grant(sealed, private_key, room, log, device, generation, started):
    """`started`: shareable and commitments by (log, number)."""
    opened = open_box(sealed, private_key, grant_context(room, log, device, generation))
    epochs = []
    for item in as_array(decode(opened, MOST_GRANT_PLAINTEXT), most=1_000):
        of, number, header, history = as_array(item, 4)
        of, number, header, history = as_bytes(of, 32), as_uint(number, MOST_U32), as_bytes(header, 32), as_bytes(history, 32)
        if (of, number) not in started:
            continue
        shareable, commitments = started[of, number]
        if not shareable:
            raise ProtocolError("epoch/not-shareable")
        require_committed(room, of, number, [header, history, None], commitments)
        epochs.append({"log": of, "number": number, "header": header, "history": history})
    return epochs


# Entries


def entry_secrets(clear, held):
    """Of header and body; the body's is None where the chain that is held begins later. `held`: header, and [step, key] of both chains."""
    start, key = held["ephemeral" if clear["class"] == "ephemeral" else "history"]
    return [held["header"], step_secret(key, start, clear["step"])]


def seal_entry(room, log, index, entry_class, header, body, held, number, step, salt):
    """`header`: its plaintext bytes."""
    secrets = entry_secrets({"class": entry_class, "step": step}, held)
    keys = entry.keys_from(secrets, log, index, salt)
    return entry.seal_with(room, log, index, entry_class, entry.pad(header), entry.pad(body), keys, salt, 1, number, step)


def open_entry(block, room, log, index, held):
    """(class, header, body) of a block of suite 1; body None where there is no key for it."""
    clear = entry.read_frame(block, 1)
    secrets = entry_secrets(clear, held)
    if secrets[1] is None:
        header_key = entry.keys_from([secrets[0], secrets[0]], log, index, clear["salt"])[0]
        return *entry.open_own_header(block, room, log, index, header_key, 1), None
    return entry.open_entry(block, room, log, index, entry.keys_from(secrets, log, index, clear["salt"]), 1)


# Key store


def encode_row(log, number, shareable, learned, header, history, ephemeral):
    """A chain: [first or None, next, secrets by step]."""
    return encode([log, number, shareable, learned, header, _chain(history), None if ephemeral is None else _chain(ephemeral)])


def _chain(chain):
    first, after, secrets = chain
    return [first, after, [[step, secrets[step]] for step in sorted(secrets)]]
