SPEC = "media-frame.md"
NOTE = "What Ada's page sends in a call. The header secret of her epoch, the call's id, the session and her device are made from seeds; pictures are too short to show anything."

from parley_reference import media_frame as frame
from parley_reference.errors import ProtocolError

from .cast import seed

SESSION = {"call": seed(0x71)[:16], "device": seed(0x02), "session": seed(0x76)[:16]}
HEADER_SECRET = seed(0x61)
BASE = frame.media_key(HEADER_SECRET, **SESSION)
LATER = frame.media_key(seed(0x64), **SESSION)
KEY_FRAME = bytes.fromhex("10020a9d012a4001f000") + b"the first picture"
DELTA = bytes.fromhex("b10100") + b"what changed"
VOICE = b"\x78a voice"


def cases():
    yield from headers()
    yield from keys()
    yield from frames()
    yield from opened()
    yield from refused()


def headers():
    for title, key, counter in [
        ("both in one byte", 7, 7),
        ("the least number with a byte of its own", 8, 8),
        ("an epoch of a device's first log", 3, 70_000),
        ("an epoch of its second log", frame.media_key_id(1, 3), 0),
        ("the greatest numbers", 2**64 - 1, 2**64 - 1),
    ]:
        data = frame.encode_header(key, counter)
        assert frame.decode_header(data) == (key, counter, len(data))
        yield {"title": title, "section": "header", "input": {"key": str(key), "counter": str(counter)}, "expect": {"header": data}}
    for title, data in [
        ("nothing at all", ""),
        ("a key that ends too early", "9801"),
        ("a counter that ends too early", "1901"),
        ("a key below 8 in a byte of its own", "8007"),
        ("a counter below 8 in a byte of its own", "1807"),
        ("a key that begins with a zero", "910003"),
        ("a counter that begins with a zero", "190008"),
    ]:
        yield broken(title, "header", {"header": data}, lambda data=data: frame.decode_header(bytes.fromhex(data)))


def keys():
    good = {"headerSecret": HEADER_SECRET, **SESSION, "generation": 0, "epoch": 3}
    for title, change in [
        ("Ada's third epoch", {}),
        ("another call in it", {"call": seed(0x74)[:16]}),
        ("another session of the same call", {"session": seed(0x77)[:16]}),
        ("another device", {"device": seed(0x05)}),
        ("her next epoch", {"headerSecret": seed(0x64), "epoch": 4}),
        ("an epoch of her second log", {"headerSecret": seed(0x65), "generation": 1}),
    ]:
        given = {**good, **change}
        base = frame.media_key(*[given[name] for name in ("headerSecret", "call", "device", "session")])
        key_id = frame.media_key_id(given["generation"], given["epoch"])
        _, key, salt = frame.secrets(key_id, base)
        yield {"title": title, "section": "keys", "input": given, "steps": {"frameKey": key, "salt": salt}, "expect": {"id": str(key_id), "baseKey": base}}


def frames():
    for title, kind, counter, data in [
        ("a key frame", "video", 0, KEY_FRAME),
        ("a delta frame", "video", 1, DELTA),
        ("a voice", "audio", 70_000, VOICE),
        ("a picture that is all in the open", "video", 3, DELTA[:3]),
        ("an empty voice", "audio", 4, b""),
    ]:
        sealed = frame.seal_media(kind, 3, BASE, counter, data)
        assert frame.open_media(kind, {3: BASE}, [sealed]) == [data]
        clear = frame.clear_of(kind, data)
        header = frame.encode_header(3, counter)
        yield {
            "title": title,
            "section": "sealing",
            "input": {"kind": kind, "id": "3", "baseKey": BASE, "counter": str(counter), "frame": data},
            "steps": {"clear": clear, "header": header, "associated": header + frame.KINDS[kind] + clear},
            "expect": {"sealed": sealed},
        }
    for title, data in [("a key frame of 9 bytes", KEY_FRAME[:9]), ("a delta frame of 2 bytes", DELTA[:2]), ("a picture of no bytes", b"")]:
        given = {"kind": "video", "id": "3", "baseKey": BASE, "counter": "0", "frame": data}
        yield broken(title, "sealing", given, lambda data=data: frame.seal_media("video", 3, BASE, 0, data))


def made(counter, base=BASE, key_id=3, kind="video", data=DELTA):
    return frame.seal_media(kind, key_id, base, counter, data)


def opened():
    for title, sealed in [
        ("in order", [made(0, data=KEY_FRAME), made(1), made(2)]),
        ("one that was overtaken", [made(0, data=KEY_FRAME), made(1000), made(1)]),
        ("the last that is not too late", [made(1024), made(1)]),
        ("of two epochs", [made(5), made(5, LATER, 4), made(6)]),
    ]:
        yield {"title": title, "section": "verifying", "input": receiver(sealed), "expect": {"frames": frame.open_media("video", {3: BASE, 4: LATER}, sealed)}}


def receiver(sealed, kind="video"):
    return {"kind": kind, "keys": [{"id": "3", "baseKey": BASE}, {"id": "4", "baseKey": LATER}], "sealed": sealed}


def refused():
    whole = made(9, data=KEY_FRAME)

    def flip(at):
        return whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]

    large = whole + bytes(frame.LARGEST + 1 - len(whole))
    for title, given in [
        ("a byte of the picture's size, which stands in the open", receiver([flip(6)])),
        ("the counter", receiver([flip(11)])),
        ("the last bit", receiver([flip(len(whole) - 1)])),
        ("without its last byte", receiver([whole[:-1]])),
        ("a header alone", receiver([whole[:12]])),
        ("a voice as a picture", receiver([KEY_FRAME[:10] + made(1, kind="audio", data=VOICE)])),
        ("a picture as a voice", receiver([made(1)[3:]], "audio")),
        ("sealed by the epoch after, under the number of the one before", receiver([made(1, LATER)])),
        ("an epoch that is not known", receiver([made(1, BASE, 5)])),
        ("a frame twice", receiver([whole, whole])),
        ("a frame 1024 behind the newest", receiver([made(1024), made(0)])),
        ("nothing behind what stands in the open", receiver([whole[:10]])),
        ("a header that could be shorter", receiver([DELTA[:3] + bytes.fromhex("3807") + made(7)[4:]])),
    ]:
        yield broken(title, "verifying", given, lambda given=given: frame.open_media(given["kind"], {3: BASE, 4: LATER}, given["sealed"]))
    yield broken(
        "a MiB and a byte",
        "verifying",
        {**receiver([whole]), "zerosBehind": len(large) - len(whole)},
        lambda: frame.open_media("video", {3: BASE}, [large]),
    )


def broken(title, section, given, run):
    try:
        run()
    except ProtocolError as error:
        return {"title": title, "section": section, "input": given, "error": error.code}
    raise AssertionError(title)
