"""Points of Ed25519 by the book (RFC 8032, 5.1), to make keys and signatures that no honest signer makes. Slow, and not constant in time."""

import hashlib

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
NEUTRAL = (0, 1)


def add(a, b):
    product = D * a[0] * b[0] * a[1] * b[1]
    x = (a[0] * b[1] + b[0] * a[1]) * pow(1 + product, P - 2, P)
    y = (a[1] * b[1] + a[0] * b[0]) * pow(1 - product, P - 2, P)
    return x % P, y % P


def multiply(scalar, point):
    result = NEUTRAL
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


def from_y(y, sign):
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    if x * x % P != square:
        return None
    return (P - x if x % 2 != sign and x else x), y % P


def encode_point(point):
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


BASE = from_y(4 * pow(5, P - 2, P) % P, 0)


def torsion():
    """A point of order 8."""
    y = 2
    while True:
        point = from_y(y, 0)
        if point:
            point = multiply(ORDER, point)
            if multiply(4, point) != NEUTRAL:
                return point
        y += 1


def scalar_of(seed):
    data = bytearray(hashlib.sha512(seed).digest()[:32])
    data[0] &= 248
    data[31] &= 127
    data[31] |= 64
    return int.from_bytes(data, "little")


def challenge(r, key, message):
    return int.from_bytes(hashlib.sha512(r + key + message).digest(), "little") % ORDER


def signature_with(secret, key, nonce_point, nonce, message):
    """S = nonce + k * secret under R = `nonce_point`: as a signer does, but with any R and any form of the key."""
    r = encode_point(nonce_point)
    s = (nonce + challenge(r, key, message) * secret) % ORDER
    return r + s.to_bytes(32, "little")
