SPEC = "encoding.md"
NOTE = "Values with their one encoding, bytes that are refused, and the domains. In a value, bytes stand as {\"bytes\": hex}."

from parley_reference.encoding import DOMAINS, encode, in_domain


def plain(value):
    if isinstance(value, bytes):
        return {"bytes": value}
    return [plain(each) for each in value] if isinstance(value, list) else value


def cases():
    yield {
        "title": "a value of every kind",
        "section": "format",
        "input": {"value": plain([0, 24, "né", b"\x00\xff", True, None, []])},
        "expect": {"bytes": encode([0, 24, "né", b"\x00\xff", True, None, []])},
    }
    for title, value in [
        ("the greatest number in the head itself", 23),
        ("the least number in one more byte", 24),
        ("the greatest number in one more byte", 255),
        ("the least number in two more bytes", 256),
        ("the least number in four more bytes", 65_536),
        ("the least number in eight more bytes", 2**32),
        ("the greatest number", 2**53 - 1),
        ("no bytes", b""),
        ("24 bytes", bytes(24)),
        ("no text", ""),
        ("text is kept as it is written, composed or not", "e\u0301 é 😀"),
        ("arrays in arrays, eight deep", [[[[[[[[]]]]]]]]),
        ("false", False),
        ("as many items as 74 bytes may hold", [0] * 72),
    ]:
        yield {"title": title, "section": "format", "input": {"value": plain(value)}, "expect": {"bytes": encode(value)}}
    for title, data, code in [
        ("nothing", "", "encoding/malformed"),
        ("a number that ends too early", "19 01", "encoding/malformed"),
        ("bytes that end too early", "42 00", "encoding/malformed"),
        ("an array that ends too early", "82 00", "encoding/malformed"),
        ("an array of more items than there is memory", "9b 001fffffffffffff", "encoding/malformed"),
        ("a byte after the value", "00 00", "encoding/malformed"),
        ("a reserved length", "1c", "encoding/malformed"),
        ("an array of indefinite length", "9f 00 ff", "encoding/malformed"),
        ("bytes of indefinite length", "5f 41 00 ff", "encoding/malformed"),
        ("23 in two bytes", "18 17", "encoding/not-canonical"),
        ("255 in three bytes", "19 00ff", "encoding/not-canonical"),
        ("65535 in five bytes", "1a 0000ffff", "encoding/not-canonical"),
        ("2^32 - 1 in nine bytes", "1b 00000000ffffffff", "encoding/not-canonical"),
        ("a length in more bytes than necessary", "58 01 00", "encoding/not-canonical"),
        ("2^53", "1b 0020000000000000", "encoding/not-canonical"),
        ("a negative number", "20", "encoding/not-canonical"),
        ("a map", "a0", "encoding/not-canonical"),
        ("a tag", "c1 00", "encoding/not-canonical"),
        ("a float that is whole", "f9 3c00", "encoding/not-canonical"),
        ("undefined", "f7", "encoding/not-canonical"),
        ("an unassigned simple value", "f8 ff", "encoding/not-canonical"),
        ("text that is not UTF-8", "61 80", "encoding/not-canonical"),
        ("text with a surrogate", "63 eda080", "encoding/not-canonical"),
        ("text that begins with a byte order mark", "64 efbbbf 61", "encoding/not-canonical"),
        ("arrays nine deep", "81 81 81 81 81 81 81 81 80", "encoding/too-deep"),
    ]:
        yield {"title": title, "section": "verifying", "input": {"bytes": bytes.fromhex(data)}, "error": code}
    yield {"title": "one byte more than allowed", "section": "verifying", "input": {"bytes": b"\x43abc", "most": 3}, "error": "encoding/too-large"}
    yield {"title": "one item more than 75 bytes may hold", "section": "verifying", "input": {"bytes": encode([0] * 73)}, "error": "encoding/too-large"}
    for domain, label in DOMAINS.items():
        yield {
            "title": f"the domain of {label.split('/')[1]}",
            "section": "domains",
            "input": {"domain": domain, "parts": [b"\x01\x02", b"\x03"]},
            "expect": {"bytes": in_domain(domain, b"\x01\x02", b"\x03")},
        }
