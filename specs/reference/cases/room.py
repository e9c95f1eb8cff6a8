SPEC = "room.md"
NOTE = "Ada's room, its secrets, who is let in, what entries say, and links. Each broken case is a good one with one thing changed."

import base64
import copy

from parley_reference import link, room
from parley_reference.encoding import encode
from parley_reference.errors import ProtocolError
from parley_reference.log import log_key
from parley_reference.primitives import public_key, sha256, sign

from .cast import ADA, BO, CY, GENESIS, INVITE_SEED, ROOM, SECRET, SECRETS, Writer, seed


def cases():
    yield from genesis()
    yield {"title": "the children of a secret", "section": "secrets", "input": {"secret": SECRET}, "expect": SECRETS}
    yield from admission()
    yield from events()
    yield from names()
    yield from links()


def refused(title, section, given, code, call):
    try:
        call()
    except ProtocolError as error:
        assert error.code == code, (title, error.code)
        return {"title": title, "section": section, "input": given, "error": code}
    raise AssertionError(title)


def genesis():
    for title, admission, expires, suite, history in [
        ("a room whose invite never ends", "open-link", None, 0, "all"),
        ("a room whose invite ends", "open-link", 1_800_000_000_000, 0, "all"),
        ("a room with a lobby", "lobby", None, 0, "all"),
        ("a room that has no invite from the start", "invite-only", None, 0, "all"),
        ("a room of suite 1", "open-link", None, 1, "all"),
        ("a room of suite 1 that keeps what was said before from who comes", "lobby", None, 1, "joined"),
    ]:
        invite = None if admission == "invite-only" else public_key(INVITE_SEED)
        data = room.encode_genesis(ADA.identity, ADA.device, invite, expires, seed(0x43), admission, suite, history)
        fields = {
            "owner": {"identity": ADA.identity, "device": ADA.device},
            "suite": suite,
            "admission": admission,
            "history": history,
            "invite": None if invite is None else {"key": invite, "expires": expires},
            "nonce": seed(0x43),
        }
        yield {"title": title, "section": "genesis", "input": fields, "steps": {"genesis": data}, "expect": {"id": room.room_id(data)}}
    owner, invite = [ADA.identity, ADA.device], [public_key(INVITE_SEED), None]
    good = ["room", 1, 0, ["open-link", "all"], owner, invite, seed(0x43)]
    for title, at, value in [
        ("another kind", 0, "hall"),
        ("another format", 1, 2),
        ("another suite", 2, 2),
        ("another way in", 3, ["by-lot", "all"]),
        ("another history", 3, ["open-link", "none"]),
        ("a history that suite 0 cannot keep from anybody", 3, ["open-link", "joined"]),
        ("an owner without a device", 4, [ADA.identity]),
        ("an open link without an invite", 5, None),
        ("an invite in a room that has none", 3, ["invite-only", "all"]),
        ("an invite key of 31 bytes", 5, [public_key(INVITE_SEED)[:31], None]),
        ("an end later than calendars go", 5, [public_key(INVITE_SEED), 8_640_000_000_000_001]),
        ("a nonce of 16 bytes", 6, seed(0x43)[:16]),
    ]:
        data = encode([*good[:at], value, *good[at + 1 :]])
        yield refused(title, "genesis", {"genesis": data}, "room/genesis", lambda: room.decode_genesis(data))
    longer = encode([*good, None])
    yield refused("an eighth field", "genesis", {"genesis": longer}, "room/genesis", lambda: room.decode_genesis(longer))


def admission_input(value):
    statements, device, generation, invite, signature = value
    return {"genesis": GENESIS, "identity": statements, "device": device, "generation": generation, "invite": invite, "signature": signature}


def admitted(title, value):
    key, identity = room.admit(GENESIS, room.admission_from_cbor(value))
    return {"title": title, "section": "admission", "input": admission_input(value), "expect": {"key": key, "identity": identity}}


def admission():
    yield admitted("Bo, by the invite", Writer(BO).admission())
    yield admitted("Bo, by another invite: whether it lets him in is not said here", Writer(BO).admission(invite_seed=seed(0x45)))
    yield admitted("Bo's next log", Writer(BO, 1).admission())
    yield admitted("Ada, the owner, without an invite", Writer(ADA).admission(invited=False))
    yield admitted("Ada's next log", Writer(ADA, 1).admission())
    yield admitted("Ada by the invite", Writer(ADA).admission())
    good = Writer(BO).admission()
    statements, device, _, invite, signature = good
    other_room = room.encode_genesis(ADA.identity, ADA.device, public_key(INVITE_SEED), None, seed(0x44))
    by_other = sign(room.invite_signable(room.room_id(other_room), BO.identity, BO.device, log_key(room.room_id(other_room), BO.identity, BO.device, 0)), INVITE_SEED)
    by_invite = room.sign_admission(ROOM, BO.identity, BO.device, 1, INVITE_SEED)
    stolen = copy.deepcopy(statements)
    stolen[1][1][1] = bytes(64)
    for title, value, code in [
        ("Bo without an invite", [*good[:3], None, None], "room/not-admitted"),
        ("Bo with an invite that signed nothing", [*good[:3], invite, None], "room/not-admitted"),
        ("Bo with a signature of no invite", [*good[:3], None, signature], "room/not-admitted"),
        ("the owner with an invite that signed nothing", [*Writer(ADA).admission()[:4], None], "room/not-admitted"),
        ("Bo by the signature of another invite", [*good[:4], room.sign_admission(ROOM, BO.identity, BO.device, 0, seed(0x45))], "room/not-admitted"),
        ("Bo by the signature that lets Cy in", [*good[:4], Writer(CY).admission()[4]], "room/not-admitted"),
        ("Bo's next log by the signature for the first", [statements, device, 1, None, signature], "room/not-admitted"),
        ("Bo's next log without a signature", [statements, device, 1, None, None], "room/not-admitted"),
        ("Bo's next log by the invite", [statements, device, 1, invite, by_invite], "room/not-admitted"),
        ("Bo's next log with an invite, by the device", [statements, device, 1, invite, Writer(BO, 1).admission()[4]], "room/not-admitted"),
        ("Bo's next log by the signature for another", [statements, device, 1, None, Writer(BO, 2).admission()[4]], "room/not-admitted"),
        ("Ada's next log, without a signature", [ADA.statements, ADA.device, 1, None, None], "room/not-admitted"),
        ("Bo by a signature for another room", [*good[:4], by_other], "room/not-admitted"),
        ("a device that is not Bo's", [statements, CY.device, 0, invite, signature], "identity/device-unknown"),
        ("a device that never accepted to be Bo's", [stolen, *good[1:]], "identity/signature"),
    ]:
        given = admission_input(value)
        yield refused(title, "admission", given, code, lambda: room.admit(GENESIS, room.admission_from_cbor(value)))


def events():
    good = Writer(BO).admission()
    call, device = seed(0x61)[:16], CY.device
    bodies = [
        ("room-created", [GENESIS, "Kitchen", Writer(ADA).admission(invited=False), "Ada"]),
        ("joined", [[], good, "Bo"]),
        ("name-changed", ["Bo B."]),
        ("identity-updated", [ADA.statements]),
        ("message-sent", ["Hello.\nIt is me. \N{GRINNING FACE}"]),
        ("call-started", [call, BO.identity]),
        ("call-started", [call, None]),
        ("call-joined", [call, seed(0x64)]),
        ("call-left", [call]),
        ("call-offer", [call, device, seed(0x62)[:16], b"sealed"]),
        ("call-answer", [call, device, seed(0x63), b"sealed"]),
        ("call-ended", [call, "hung-up"]),
    ]
    for kind, body in bodies:
        data = encode(body)
        room.decode_event(kind, room.KINDS[kind], data)
        title = "a body of call-started, to the room" if body == [call, None] else f"a body of {kind}"
        yield {"title": title, "section": "events", "input": {"kind": kind, "class": room.KINDS[kind], "body": data}, "expect": {"type": kind}}
    yield {"title": "a kind of a later version", "section": "events", "input": {"kind": "poll-opened", "class": "epoch", "body": b"\xff"}, "expect": {"type": "unknown"}}
    for title, kind, entry_class, body in [
        ("a message in class authority", "message-sent", "authority", encode(["Hello."])),
        ("an admission in class message", "joined", "message", encode([[], good, "Bo"])),
        ("a body that is no CBOR", "message-sent", "message", b"\xff"),
        ("a body with one field more", "message-sent", "message", encode(["Hello.", 1])),
        ("a message that is bytes", "message-sent", "message", encode([b"Hello."])),
        ("an empty message", "message-sent", "message", encode([""])),
        ("a message of white space", "message-sent", "message", encode(["\u00a0\u2003\n"])),
        ("a name with two spaces in a row", "name-changed", "authority", encode(["Bo  B."])),
        ("statements without their signatures", "identity-updated", "authority", encode([[[ADA.statements[0][0]]]])),
        ("65 statements", "identity-updated", "authority", encode([ADA.statements[1:] * 65])),
        ("a call id of 15 bytes", "call-ended", "call", encode([call[:15], "hung-up"])),
        ("a call to nobody said", "call-started", "call", encode([call])),
        ("a call key of 31 bytes", "call-joined", "call", encode([call, seed(0x64)[:31]])),
        ("a coming without a call key", "call-joined", "call", encode([call])),
        ("a leaving with a reason", "call-left", "call", encode([call, "hung-up"])),
        ("an unknown reason", "call-ended", "call", encode([call, "bored"])),
        ("a sealed part above 24 KiB", "call-offer", "call", encode([call, device, seed(0x62)[:16], bytes(24_577)])),
    ]:
        zeros = len(body) - len(body.rstrip(b"\0"))
        given = {"kind": kind, "class": entry_class, "body": body}
        if zeros > 1000:
            given = {"kind": kind, "class": entry_class, "body": body.rstrip(b"\0"), "zerosAfter": zeros}
        yield refused(title, "events", given, "entry/body", lambda: room.decode_event(kind, entry_class, body))


def names():
    for title, name in [("a name", "Ada"), ("64 characters of four bytes", "\U0001F600" * 64), ("a name in two scripts, with a mark", "A\u0308da \u05d0")]:
        room.require_name(name)
        yield {"title": title, "section": "names", "input": {"name": name}, "expect": {"name": name}}
    for title, name in [
        ("an empty name", ""),
        ("a name that begins with a space", " Ada"),
        ("a name with two spaces in a row", "Ada  L."),
        ("a name of 65 characters", "a" * 65),
        ("a name with a line break", "Ada\nBo"),
        ("a name with a space that does not break", "Ada\u00a0L."),
        ("a name that turns the direction of text", "Ada\u202eoB"),
        ("a name with a character of no width", "A\u200bda"),
        ("a name of a blank that counts as a letter", "\u3164"),
        ("a name with a tag character", "Ada\U000E0041"),
    ]:
        yield refused(title, "names", {"name": name}, "room/text", lambda: room.require_name(name))
    for title, text in [("a text", "Hello."), ("a text of 32 KiB", "a" * 32_768)]:
        room.require_text(text)
        yield {"title": title, "section": "names", "input": repeated(text), "expect": {"valid": True}}
    for title, text in [("a text of one byte more", "a" * 32_769), ("a text with nothing visible", " \ufeff\n")]:
        yield refused(title, "names", repeated(text), "room/text", lambda: room.require_text(text))


def repeated(text):
    return {"repeat": text[0], "times": len(text)} if len(set(text)) == 1 else {"text": text}


def links():
    hints = [(seed(0x71), "192.0.2.7", 49_737), (seed(0x72), "2001:db8::1", 1)]
    fields = (GENESIS, SECRET, INVITE_SEED, None, "Kitchen", "Ada L.B", hints)
    payload = link.link_payload(1, room.link_content(*fields))
    code = link.link_code("join", payload)
    names = ("genesis", "secret", "inviteSeed", "expires", "name", "inviter")
    content = {**dict(zip(names, fields)), "hints": [dict(zip(("key", "host", "port"), hint)) for hint in hints]}
    yield {"title": "a link to Ada's room", "section": "link", "input": content, "steps": {"payload": payload, "checksum": link.link_checksum("join", payload)}, "expect": {"code": code}}
    for title, text in [
        ("the page's form of a link", f"http://localhost:7717/#/join/{code}"),
        ("the short form of a link", f"parley:join/{code}"),
        ("a link with space around it", f"\n parley://join/{code} \n"),
    ]:
        assert room.decode_link(text)["secret"] == SECRET
        yield {"title": title, "section": "link", "input": {"link": text}, "expect": {"room": ROOM, "secret": SECRET}}

    def made(version=1, **changes):
        values = {**dict(zip((*names, "hints"), fields)), **changes}
        return link.link_code("join", link.link_payload(version, room.link_content(*values.values())))

    def hint(host, port=1):
        return made(hints=[(seed(0x71), host, port)])

    other = sha256(payload)[:4]
    for title, text, error in [
        ("another address", f"http://localhost:7717/#/leave/{code}", "link/malformed"),
        ("a code that ends too early", code[:-1], "link/malformed"),
        ("one character changed", ("A" if code[0] != "A" else "B") + code[1:], "link/malformed"),
        ("a character that is not of base64url", code[:-1] + "!", "link/malformed"),
        ("another checksum", base64.urlsafe_b64encode(payload + other).decode().rstrip("="), "link/malformed"),
        ("a second way to write the same bytes", second_spelling(code), "link/malformed"),
        ("more than 4096 characters", "A" * 4_097, "link/malformed"),
        ("version 2", made(version=2), "link/newer"),
        ("a genesis that is none", made(genesis=b"\x80"), "link/malformed"),
        ("an end later than calendars go", made(expires=8_640_000_000_000_001), "link/malformed"),
        ("a host name to dial", hint("example.org"), "link/malformed"),
        ("a host name that could be hexadecimal", hint("cafe"), "link/malformed"),
        ("an IPv4 address with a number too great", hint("192.0.2.256"), "link/malformed"),
        ("an IPv6 address with two gaps", hint("2001::db8::1"), "link/malformed"),
        ("an IPv6 address of nine groups", hint("1:2:3:4:5:6:7:8:9"), "link/malformed"),
        ("port 0", hint("192.0.2.7", 0), "link/malformed"),
        ("port 65536", hint("192.0.2.7", 65_536), "link/malformed"),
        ("nine addresses", made(hints=[(seed(0x71), "192.0.2.7", port) for port in range(1, 10)]), "link/malformed"),
    ]:
        yield refused(title, "link", {"link": text}, error, lambda: room.decode_link(text))


def second_spelling(code):
    """The same bytes, with bits set that the last character does not need."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    assert len(code) % 4 != 0
    return code[:-1] + alphabet[alphabet.index(code[-1]) | 1]
