"""specs/media-frame.md: the sealed frames of a call (RFC 9605 with AES_256_GCM_SHA512_128)."""

import hashlib
import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .encoding import in_domain
from .errors import ProtocolError
from .primitives import expand

SUITE = (5).to_bytes(2, "big")
TAG = 16
KINDS = {"audio": b"\x00", "video": b"\x01"}
LARGEST = 1 << 20
WINDOW = 1024


def media_key(header_secret, call, device, session):
    return expand(header_secret, in_domain("mediaKey", call, device, session))


def media_key_id(generation, epoch):
    return generation * 2**32 + epoch


def encode_header(key, counter):
    (high, key_bytes), (low, counter_bytes) = field(key), field(counter)
    return bytes([high << 4 | low]) + key_bytes + counter_bytes


def field(value):
    if value < 8:
        return value, b""
    data = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return 8 | len(data) - 1, data


def decode_header(data):
    """Key id, counter and the header's length."""
    if not data:
        raise ProtocolError("media-frame/header")
    at, numbers = 1, []
    for bits in (data[0] >> 4, data[0] & 15):
        length = (bits & 7) + 1 if bits & 8 else 0
        if at + length > len(data):
            raise ProtocolError("media-frame/header")
        numbers.append(int.from_bytes(data[at : at + length], "big") if length else bits)
        at += length
    if encode_header(*numbers) != data[:at]:
        raise ProtocolError("media-frame/header")
    return *numbers, at


def secrets(key_id, base_key):
    """The secret, the key and the salt that follow from a base key."""
    secret = hmac.digest(bytes(64), base_key, "sha512")
    named = [b"SFrame 1.0 Secret " + name + b" " + key_id.to_bytes(8, "big") + SUITE for name in (b"key", b"salt")]
    key, salt = [hmac.new(secret, label + b"\x01", hashlib.sha512).digest() for label in named]
    return secret, key[:32], salt[:12]


def nonce_of(salt, counter):
    return (int.from_bytes(salt, "big") ^ counter).to_bytes(12, "big")


def seal(key_id, base_key, counter, metadata, plaintext):
    _, key, salt = secrets(key_id, base_key)
    header = encode_header(key_id, counter)
    return header + AESGCM(key).encrypt(nonce_of(salt, counter), plaintext, header + metadata)


def open_sealed(base_keys, metadata, frame):
    """Base keys by their id. Answers the plaintext and the counter."""
    key_id, counter, length = decode_header(frame)
    if key_id not in base_keys:
        raise ProtocolError("media-frame/key")
    _, key, salt = secrets(key_id, base_keys[key_id])
    try:
        if len(frame) < length + TAG:
            raise InvalidTag
        return AESGCM(key).decrypt(nonce_of(salt, counter), frame[length:], frame[:length] + metadata), counter
    except InvalidTag:
        raise ProtocolError("media-frame/sealed") from None


def clear_of(kind, frame):
    if kind == "audio":
        return b""
    return frame[:10] if frame and frame[0] & 1 == 0 else frame[:3]


def seal_media(kind, key_id, base_key, counter, frame):
    clear = clear_of(kind, frame)
    if kind == "video" and len(clear) < (10 if frame and frame[0] & 1 == 0 else 3):
        raise ProtocolError("media-frame/too-short")
    return clear + seal(key_id, base_key, counter, KINDS[kind] + clear, frame[len(clear) :])


def open_media(kind, base_keys, frames):
    """One frame after the other, as one receiver opens them."""
    seen, opened = set(), []
    for frame in frames:
        if len(frame) > LARGEST:
            raise ProtocolError("media-frame/too-large")
        clear = clear_of(kind, frame)
        key_id, counter, _ = decode_header(frame[len(clear) :])
        if key_id not in base_keys:
            raise ProtocolError("media-frame/key")
        newest = max((each for of, each in seen if of == key_id), default=-1)
        if (key_id, counter) in seen or counter <= newest - WINDOW:
            raise ProtocolError("media-frame/replayed")
        plaintext, _ = open_sealed(base_keys, KINDS[kind] + clear, frame[len(clear) :])
        seen.add((key_id, counter))
        opened.append(clear + plaintext)
    return opened
