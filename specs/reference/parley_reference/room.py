"""specs/room.md: genesis, secrets, admission, events, link, folding; and the bodies of specs/authority.md."""

from . import authority, entry, epoch, ordering
from .encoding import as_array, as_bytes, as_text, as_time, as_uint, decode, encode, in_domain, u32
from .errors import ProtocolError
from .identity import fold_identity, read_identity, statements_from_cbor
from .link import SPACES, decode_code, dial_address
from .log import log_key
from .primitives import expand, extract, sha256, sign, verify

MOST_GENESIS_BYTES = 512
MOST_TEXT_BYTES = 32_768
MOST_NAME_BYTES = 256
MOST_NAME_CHARACTERS = 64
MOST_SEALED_BYTES = 24_576
MOST_HINTS = 8
MOST_HEADS = 1_024
MOST_MARKS = 64
MOST_USES = 1_000_000
POLICIES = ["open-link", "lobby", "invite-only"]
HISTORIES = {0: ["all"], 1: ["all", "joined"]}

# Genesis


def encode_genesis(owner_identity, owner_device, invite, expires, nonce, admission="open-link", suite=0, history="all"):
    first = None if invite is None else [invite, expires]
    return encode(["room", 1, suite, [admission, history], [owner_identity, owner_device], first, nonce])


def decode_genesis(data):
    try:
        kind, number, suite, policy, owner, invite, nonce = as_array(decode(data, MOST_GENESIS_BYTES), 7)
        admission, history = as_array(policy, 2)
        if as_text(kind, 16) != "room" or as_uint(number) != 1 or as_uint(suite) not in (0, 1):
            raise ProtocolError("room/genesis", "an unknown format or suite")
        if admission not in POLICIES or as_text(history, 16) not in HISTORIES[suite]:
            raise ProtocolError("room/genesis", "an unknown policy")
        identity, device = as_array(owner, 2)
        if (invite is None) != (admission == "invite-only"):
            raise ProtocolError("room/genesis", "an invite, or none")
        key, expires = (None, None) if invite is None else as_array(invite, 2)
        as_bytes(nonce, 32)
        return {
            "owner": (as_bytes(identity, 32), as_bytes(device, 32)),
            "suite": suite,
            "admission": admission,
            "history": history,
            "invite": None if key is None else as_bytes(key, 32),
            "expires": None if expires is None else as_time(expires),
        }
    except ProtocolError as error:
        raise ProtocolError("room/genesis", str(error)) from None


def suite_in(genesis):
    """0 where it is none."""
    try:
        return decode_genesis(genesis)["suite"]
    except ProtocolError:
        return 0


def room_id(genesis):
    return sha256(in_domain("room", genesis))


# Secrets


def room_secrets(secret):
    key = extract(secret)
    return {
        name: extract(expand(key, in_domain("roomSecret", name.encode())))
        for name in ("discovery", "admission", "authority", "content")
    }


def class_key(secrets, entry_class):
    return secrets["authority" if entry_class in ("authority", "epoch") else "content"]


# Admission


def invite_signable(room, identity, device, key):
    return in_domain("invite", room, identity, device, key)


def sign_admission(room, identity, device, generation, invite_seed):
    return sign(invite_signable(room, identity, device, log_key(room, identity, device, generation)), invite_seed)


def next_signable(room, identity, device, generation, key):
    return in_domain("nextLog", room, identity, device, u32(generation), key)


def sign_next_log(room, identity, device, generation, device_seed):
    return sign(next_signable(room, identity, device, generation, log_key(room, identity, device, generation)), device_seed)


def followed_log(genesis, identity, device, generation):
    """The key of the log that has to be let in for this one to be, or None."""
    if generation == 0 or decode_genesis(genesis)["owner"] == (identity, device):
        return None
    return log_key(room_id(genesis), identity, device, 0)


def admission_from_cbor(value):
    identity, device, generation, invite, signature = as_array(value, 5)
    statements = statements_from_cbor(identity)
    as_bytes(device, 32)
    as_uint(generation, 2**32 - 1)
    if invite is not None:
        as_bytes(invite, 32)
    if signature is not None:
        as_bytes(signature, 64)
    return {"identity": statements, "device": device, "generation": generation, "invite": invite, "signature": signature}


def admit(genesis, admission):
    """(log key, identity) of the log that is let in."""
    known = decode_genesis(genesis)
    identity, devices = fold_identity(admission["identity"])
    if admission["device"] not in devices:
        raise ProtocolError("identity/device-unknown")
    room = room_id(genesis)
    key = log_key(room, identity, admission["device"], admission["generation"])
    generation, invite, signature = admission["generation"], admission["invite"], admission["signature"]
    if generation > 0:
        signable = next_signable(room, identity, admission["device"], generation, key)
        if invite is not None or signature is None or not verify(signature, signable, admission["device"]):
            raise ProtocolError("room/not-admitted", "not signed by its device")
    elif invite is None or signature is None:
        if known["owner"] != (identity, admission["device"]) or invite is not None or signature is not None:
            raise ProtocolError("room/not-admitted", "only the owner needs no invite")
    elif not verify(signature, invite_signable(room, identity, admission["device"], key), invite):
        raise ProtocolError("room/not-admitted", "not signed by the invite")
    return key, identity


# Names and texts

HIDDEN = [
    (0x0000, 0x001F), (0x007F, 0x00A0), (0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160),
    (0x1680, 0x1680), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x2000, 0x200F), (0x2028, 0x202F), (0x205F, 0x206F),
    (0x2800, 0x2800), (0x3000, 0x3000), (0x3164, 0x3164), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFFB),
    (0xE0000, 0xE0FFF),
]  # fmt: skip


def require_name(name):
    hidden = any(first <= ord(character) <= last for character in name for first, last in HIDDEN)
    if name == "" or hidden or len(name) > MOST_NAME_CHARACTERS or name != name.strip(" ") or "  " in name:
        raise ProtocolError("room/text", "a name")
    return name


def require_text(text):
    if text.strip(SPACES) == "" or len(text.encode()) > MOST_TEXT_BYTES:
        raise ProtocolError("room/text")
    return text


# Events

KINDS = {
    "room-created": "authority",
    "joined": "authority",
    "invite-created": "authority",
    "invite-revoked": "authority",
    "admitted": "authority",
    "role-changed": "authority",
    "member-removed": "authority",
    "left": "authority",
    "name-changed": "authority",
    "identity-updated": "authority",
    "message-sent": "message",
    "call-started": "call",
    "call-joined": "call",
    "call-left": "call",
    "call-offer": "call",
    "call-answer": "call",
    "call-ended": "call",
    "prekey-announced": "epoch",
    "epoch-started": "epoch",
    "epoch-shared": "epoch",
    "history-granted": "epoch",
}
OPERATIONS = ["joined", "invite-created", "invite-revoked", "admitted", "role-changed", "member-removed", "left"]
REASONS = ["hung-up", "declined", "cancelled", "missed", "busy", "failed"]


def as_name(value):
    return require_name(as_text(value, MOST_NAME_BYTES))


def decode_event(kind, entry_class, body):
    """What the body says, as a dictionary; an unknown kind says nothing."""
    if kind not in KINDS:
        return {"type": "unknown", "kind": kind}
    if kind in epoch.KINDS:
        return {"type": kind, **epoch.decode_event(kind, entry_class, body)}
    try:
        if KINDS[kind] != entry_class:
            raise ProtocolError("entry/body", f"{kind} in class {entry_class}")
        return {"type": kind, **_event(kind, decode(body, entry.MOST_BLOCK_BYTES))}
    except ProtocolError as error:
        raise ProtocolError("entry/body", str(error)) from None


def _event(kind, body):
    if kind == "room-created":
        genesis, name, admission, who = as_array(body, 4)
        as_bytes(genesis, most=MOST_GENESIS_BYTES)
        return {"genesis": genesis, "name": as_name(name), "admission": admission_from_cbor(admission), "as": as_name(who)}
    if kind in OPERATIONS:
        fields = as_array(body, most=5)
        heads = [as_bytes(head, 32) for head in as_array(fields[0] if fields else None, most=MOST_HEADS)]
        return {"heads": ascending(heads), **_operation(kind, fields[1:])}
    if kind == "name-changed":
        (who,) = as_array(body, 1)
        return {"as": as_name(who)}
    if kind == "identity-updated":
        (statements,) = as_array(body, 1)
        return {"statements": statements_from_cbor(statements)}
    if kind == "message-sent":
        (text,) = as_array(body, 1)
        return {"text": require_text(as_text(text, MOST_TEXT_BYTES))}
    if kind == "call-started":
        call, to = as_array(body, 2)
        return {"call": as_bytes(call, 16), "to": None if to is None else as_bytes(to, 32)}
    if kind == "call-joined":
        call, key = as_array(body, 2)
        return {"call": as_bytes(call, 16), "call_key": as_bytes(key, 32)}
    if kind == "call-left":
        (call,) = as_array(body, 1)
        return {"call": as_bytes(call, 16)}
    if kind == "call-offer":
        call, to, presence, sealed = as_array(body, 4)
        return {
            "call": as_bytes(call, 16),
            "to": as_bytes(to, 32),
            "presence": as_bytes(presence, 16),
            "sealed": as_bytes(sealed, most=MOST_SEALED_BYTES),
        }
    if kind == "call-answer":
        call, to, offer, sealed = as_array(body, 4)
        return {
            "call": as_bytes(call, 16),
            "to": as_bytes(to, 32),
            "offer": as_bytes(offer, 32),
            "sealed": as_bytes(sealed, most=MOST_SEALED_BYTES),
        }
    call, reason = as_array(body, 2)
    if reason not in REASONS:
        raise ProtocolError("entry/body", "an unknown reason")
    return {"call": as_bytes(call, 16), "reason": reason}


def _operation(kind, fields):
    if kind == "joined":
        admission, who = as_array(fields, 2)
        return {"admission": admission_from_cbor(admission), "as": as_name(who)}
    if kind == "invite-created":
        invite, role, uses, expires = as_array(fields, 4)
        if role not in ("member", "reader") or uses == 0:
            raise ProtocolError("entry/body", "an unknown role, or an invite for nobody")
        return {
            "invite": as_bytes(invite, 32),
            "role": role,
            "uses": None if uses is None else as_uint(uses, MOST_USES),
            "expires": None if expires is None else as_time(expires),
        }
    if kind == "invite-revoked":
        (invite,) = as_array(fields, 1)
        return {"invite": as_bytes(invite, 32)}
    if kind == "left":
        as_array(fields, 0)
        return {}
    identity, what, marks = as_array(fields, 3)
    known = {"identity": as_bytes(identity, 32), "marks": _marks(marks)}
    if kind == "member-removed":
        return {**known, "ban": as_uint(what, 1) == 1}
    if what not in authority.ROLES:
        raise ProtocolError("entry/body", "an unknown role")
    return {**known, "role": what}


def _marks(value):
    marks = []
    for item in as_array(value, most=MOST_MARKS):
        log, length, hashed = as_array(item, 3)
        marks.append((as_bytes(log, 32), as_uint(length), as_bytes(hashed, 32)))
    ascending([log for log, _, _ in marks])
    return marks


def ascending(keys):
    if any(after <= before for before, after in zip(keys, keys[1:])):
        raise ProtocolError("entry/body", "not in order")
    return keys


def beginning_of(genesis):
    known = decode_genesis(genesis)
    return {"owner": known["owner"][0], "admission": known["admission"], "invite": known["invite"]}


def operation_of(event, identity, log, index, block):
    """The operation that an event is, or None."""
    if event["type"] not in OPERATIONS or (event["type"] == "joined" and event["admission"]["invite"] is None):
        return None
    fields = {"invite": event["admission"]["invite"]} if event["type"] == "joined" else event
    return {**fields, "type": event["type"], "id": authority.operation_id(log, index, block), "log": log, "index": index, "author": identity, "heads": event["heads"]}


def statements_in(event):
    if event["type"] in ("room-created", "joined"):
        return event["admission"]["identity"]
    return event.get("statements")


def needs_writing(kind):
    return KINDS.get(kind) not in ("authority", "epoch")


# Folding


def empty_log(key, generation):
    return {"key": key, "generation": generation, "cursor": ordering.EMPTY, "epochs": epoch.NO_EPOCH, "author": None}


def fold_entry(log, opened, genesis, depth_at, is_admitted):
    """(log, entry) after one more entry. `opened`: frame or None, header or None, body or None, and the code of why it does not open, or None."""
    key, index, clear, header = log["key"], log["cursor"]["length"], opened["frame"], opened["header"]
    event, author, epochs = None, log["author"], log["epochs"]
    if header:
        cursor, flaws = ordering.advance(log["cursor"], key, header["depth"], header["time"], header["heads"], depth_at)
        time = header["time"]
    else:
        cursor = ordering.skip(log["cursor"]) if opened["flaw"] else ordering.skip_locked(log["cursor"])
        flaws, time = [opened["flaw"]] if opened["flaw"] else [], cursor["time"]
    try:
        # The frame tells it to everybody, whether they have a key or not.
        if clear and clear["suite"] == 1:
            epochs = epoch.advance(epochs, clear)
    except ProtocolError as error:
        flaws = [*flaws, error.code]
    try:
        if header is None:
            if not opened["flaw"] and not author:
                raise ProtocolError("room/not-admitted", "nothing has let this log in")
        elif opened["body"] is None:
            event = _withheld(log, header["kind"], clear["class"])
        else:
            read = decode_event(header["kind"], clear["class"], opened["body"])
            after = _author_after(log, index, read, genesis, is_admitted)
            if read["type"] in epoch.KINDS:
                epochs = epoch.advance(epochs, {**read, "kind": read["type"]}, log["generation"])
            event, author = read, after
    except ProtocolError as error:
        flaws = [*flaws, error.code]
    return {**log, "cursor": cursor, "epochs": epochs, "author": author}, _folded(key, index, cursor, time, event, flaws)


def _withheld(log, kind, entry_class):
    if kind in KINDS and KINDS[kind] != entry_class:
        raise ProtocolError("entry/body", f"{kind} in class {entry_class}")
    if kind in ("room-created", "joined"):
        raise ProtocolError("room/admission-repeated")
    if not log["author"]:
        raise ProtocolError("room/not-admitted", "nothing has let this log in")
    return {"type": "withheld", "kind": kind} if kind in KINDS else {"type": "unknown", "kind": kind}


def _folded(log, index, cursor, time, event, flaws):
    order = ordering.order_key(cursor["depth"], cursor["time"], log, index)
    return {"order": order, "log": log, "index": index, "time": time, "event": event, "flaws": flaws}


def _author_after(log, index, event, genesis, is_admitted):
    if event["type"] in ("room-created", "joined"):
        if index != 0:
            raise ProtocolError("room/admission-repeated")
        key, identity = admit(genesis, event["admission"])
        if key != log["key"]:
            raise ProtocolError("room/not-admitted", "another log is let in")
        admission = event["admission"]
        follows = followed_log(genesis, identity, admission["device"], admission["generation"])
        if follows is not None and not is_admitted(follows):
            raise ProtocolError("room/not-admitted", "the first log of its device was not let in")
        if event["type"] == "room-created":
            if event["genesis"] != genesis:
                raise ProtocolError("room/genesis", "of another room")
            if event["admission"]["signature"] is not None:
                raise ProtocolError("room/owner")
        return {"identity": identity, "device": admission["device"], "name": event["as"]}
    if log["author"] is None:
        raise ProtocolError("room/not-admitted", "nothing has let this log in")
    if event["type"] == "identity-updated":
        read_identity(event["statements"])
    return {**log["author"], "name": event["as"]} if event["type"] == "name-changed" else log["author"]


# Link


def link_content(genesis, secret, invite_seed, expires, name, inviter, hints):
    return [genesis, secret, invite_seed, expires, name, inviter, [list(hint) for hint in hints]]


def decode_link(text):
    return decode_code("join", text, _link)


def _link(content):
    genesis, secret, invite_seed, expires, name, inviter, hints = as_array(content, 7)
    as_bytes(genesis, most=MOST_GENESIS_BYTES)
    link = {
        "genesis": genesis,
        "secret": as_bytes(secret, 32),
        "inviteSeed": as_bytes(invite_seed, 32),
        "expires": None if expires is None else as_time(expires),
        "name": as_text(name, MOST_NAME_BYTES),
        "inviter": as_text(inviter, MOST_NAME_BYTES),
        "hints": [_hint(hint) for hint in as_array(hints, most=MOST_HINTS)],
    }
    decode_genesis(genesis)
    return link


def _hint(value):
    key, host, port = as_array(value, 3)
    return as_bytes(key, 32), *dial_address([host, port])
