"""Keccak-256 as Ethereum has it: FIPS 202 with the padding of before it was a standard. hashlib only has the other one."""

LANES = 25
MASK = 2**64 - 1


def keccak256(data):
    rate = 136
    padded = bytearray(data + b"\x01" + bytes(-(len(data) + 1) % rate))
    padded[-1] |= 0x80
    state = [0] * LANES
    for at in range(0, len(padded), rate):
        for lane in range(rate // 8):
            state[lane] ^= int.from_bytes(padded[at + 8 * lane : at + 8 * lane + 8], "little")
        state = _permuted(state)
    return b"".join(lane.to_bytes(8, "little") for lane in state[:4])


def _rotated(lane, by):
    return (lane << by | lane >> (64 - by)) & MASK if by else lane


def _permuted(state):
    """FIPS 202, 3.2: theta, rho, pi, chi, iota, 24 times. Lane x, y stands at x + 5y."""
    constant = 1
    for _ in range(24):
        parity = [state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20] for x in range(5)]
        state = [lane ^ parity[(at + 4) % 5] ^ _rotated(parity[(at + 1) % 5], 1) for at, lane in enumerate(state)]
        x, y, current = 1, 0, state[1]
        for step in range(24):
            x, y = y, (2 * x + 3 * y) % 5
            current, state[x + 5 * y] = state[x + 5 * y], _rotated(current, (step + 1) * (step + 2) // 2 % 64)
        rows = state
        state = [rows[at] ^ (~rows[at - at % 5 + (at + 1) % 5] & MASK & rows[at - at % 5 + (at + 2) % 5]) for at in range(LANES)]
        for bit in range(7):
            if constant & 1:
                state[0] ^= 1 << (2**bit - 1)
            constant = constant << 1 ^ (0x171 if constant & 0x80 else 0)
    return state
