"""specs/room.md#link: the code that a link carries, and the addresses in it."""

import base64
import ipaddress
import re

from .encoding import as_array, as_text, as_uint, decode, encode, in_domain
from .errors import ProtocolError
from .primitives import sha256

MOST_LINK_CHARACTERS = 4096
DOMAINS = {"join": "link", "pair": "pairingLink"}
SPACES = "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"


def link_payload(version, content):
    return bytes([version]) + encode(content)


def link_code(kind, payload):
    return base64.urlsafe_b64encode(payload + link_checksum(kind, payload)).decode().rstrip("=")


def link_checksum(kind, payload):
    return sha256(in_domain(DOMAINS[kind], payload))[:4]


def decode_code(kind, text, read):
    try:
        return read(_content(kind, text))
    except ProtocolError as error:
        raise error if error.code.startswith("link/") else ProtocolError("link/malformed", str(error)) from None


def _content(kind, text):
    if len(text) > MOST_LINK_CHARACTERS:
        raise ProtocolError("link/malformed", "too long")
    form = re.compile(rf"(?:https?://[^/?#]+/?#/{kind}/|parley:(?://)?{kind}/|)([A-Za-z0-9_-]+)")
    match = form.fullmatch(text.strip(SPACES))
    if not match:
        raise ProtocolError("link/malformed", "no code in it")
    code = match[1]
    try:
        data = base64.b64decode(code + "=" * (-len(code) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise ProtocolError("link/malformed", "not base64url") from None
    if base64.urlsafe_b64encode(data).decode().rstrip("=") != code:
        raise ProtocolError("link/malformed", "not canonical base64url")
    payload = data[:-4]
    if len(data) <= 4 or data[-4:] != link_checksum(kind, payload):
        raise ProtocolError("link/malformed", "the checksum is another")
    if payload[0] != 1:
        raise ProtocolError("link/newer")
    return decode(payload[1:], MOST_LINK_CHARACTERS)


def dial_address(value):
    host, port = as_array(value, 2)
    as_text(host, 64)
    as_uint(port, 65_535)
    try:
        ipaddress.ip_address(host)
    except ValueError:
        raise ProtocolError("link/malformed", "not an address") from None
    if port == 0:
        raise ProtocolError("link/malformed", "not a port")
    return host, port
