"""specs/encoding.md#primitives. libsodium judges signatures; OpenSSL seals."""

import hashlib
import hmac

import nacl.bindings
import nacl.exceptions
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

ZERO_NONCE = bytes(12)


def sha256(data):
    return hashlib.sha256(data).digest()


def blake2b256(data):
    return hashlib.blake2b(data, digest_size=32).digest()


def hmac_sha256(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def extract(secret):
    return hmac_sha256(bytes(32), secret)


def expand(key, info):
    return hmac_sha256(key, info + b"\x01")


def public_key(seed):
    return nacl.bindings.crypto_sign_seed_keypair(seed)[0]


def sign(message, seed):
    secret = nacl.bindings.crypto_sign_seed_keypair(seed)[1]
    return nacl.bindings.crypto_sign(message, secret)[:64]


def verify(signature, message, key):
    if len(signature) != 64 or len(key) != 32:
        return False
    try:
        nacl.bindings.crypto_sign_open(signature + message, key)
        return True
    except nacl.exceptions.BadSignatureError:
        return False


def is_valid_key(key):
    return len(key) == 32 and bool(nacl.bindings.crypto_core_ed25519_is_valid_point(key))


def seal(key, plaintext, associated):
    return ChaCha20Poly1305(key).encrypt(ZERO_NONCE, plaintext, associated)


def open_sealed(key, ciphertext, associated):
    """The plaintext, or None."""
    try:
        return ChaCha20Poly1305(key).decrypt(ZERO_NONCE, ciphertext, associated)
    except InvalidTag:
        return None
