"""RFC 9180 in base mode, sections 4.1, 5.1 and 5.2, with KEM 0x0020, KDF 0x0001 and AEAD 0x0003. One message for each context."""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .primitives import hmac_sha256

KEM, SUITE = b"KEM\x00\x20", b"HPKE\x00\x20\x00\x01\x00\x03"


def public_half(secret_key):
    return X25519PrivateKey.from_private_bytes(secret_key).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def exchange(secret_key, public_key):
    """Raises ValueError where everybody would come to the one secret of zeros."""
    return X25519PrivateKey.from_private_bytes(secret_key).exchange(X25519PublicKey.from_public_bytes(public_key))


def shared_secret(dh, encapsulated, recipient):
    return labeled_expand(labeled_extract(b"", KEM, b"eae_prk", dh), KEM, b"shared_secret", encapsulated + recipient, 32)


def key_and_nonce(secret, info):
    hashes = [(b"psk_id_hash", b""), (b"info_hash", info)]
    context = b"\0" + b"".join(labeled_extract(b"", SUITE, label, content) for label, content in hashes)
    extracted = labeled_extract(secret, SUITE, b"secret", b"")
    return [labeled_expand(extracted, SUITE, label, context, length) for label, length in [(b"key", 32), (b"base_nonce", 12)]]


def seal(recipient, plaintext, info, aad, ephemeral):
    """The encapsulated key, then the ciphertext. `ephemeral`: the sender's fresh secret key."""
    encapsulated = public_half(ephemeral)
    key, nonce = key_and_nonce(shared_secret(exchange(ephemeral, recipient), encapsulated, recipient), info)
    return encapsulated + ChaCha20Poly1305(key).encrypt(nonce, plaintext, aad)


def open_sealed(secret_key, sealed, info, aad):
    """The plaintext, or None."""
    encapsulated, ciphertext = sealed[:32], sealed[32:]
    try:
        dh = exchange(secret_key, encapsulated)
        key, nonce = key_and_nonce(shared_secret(dh, encapsulated, public_half(secret_key)), info)
        return ChaCha20Poly1305(key).decrypt(nonce, ciphertext, aad)
    except (InvalidTag, ValueError):
        return None


def labeled_extract(salt, suite, label, secret):
    return hmac_sha256(salt or bytes(32), b"HPKE-v1" + suite + label + secret)


def labeled_expand(key, suite, label, info, length):
    return hmac_sha256(key, length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info + b"\x01")[:length]
