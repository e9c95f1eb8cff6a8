"""specs/evm.md: headers, tries and the contract for anchors on chains of Ethereum's form."""

from .errors import ProtocolError
from .keccak import keccak256

MOST_HEADER_BYTES = 4_096
MOST_DEPTH = 6
FACTORY = bytes.fromhex("4e59b44847b379578588920ca78fbf26c0b4956c")
CONTRACT = bytes.fromhex("c7c457c47229f0a1351ce7e7894e007f2ddf3503")
EVENT = keccak256(b"Anchored(address,uint64,bytes32)")


def contract_address(bytecode):
    """EIP-1014, with a salt of zeros."""
    return keccak256(b"\xff" + FACTORY + bytes(32) + keccak256(bytecode))[12:]


# RLP


def rlp(value):
    if isinstance(value, bytes):
        return value if len(value) == 1 and value[0] < 0x80 else _head(0x80, len(value)) + value
    content = b"".join(rlp(each) for each in value)
    return _head(0xC0, len(content)) + content


def number(value):
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def _head(base, length):
    if length <= 55:
        return bytes([base + length])
    digits = number(length)
    return bytes([base + 55 + len(digits)]) + digits


def unrlp(data):
    value, rest = _item(data, MOST_DEPTH)
    # Whatever is not as it would be written is refused by writing it.
    if rest or rlp(value) != data:
        raise _wrong("not the one encoding")
    return value


def _item(data, depth):
    if not data:
        raise _wrong("ends too early")
    head = data[0]
    if head < 0x80:
        return data[:1], data[1:]
    base = 0xC0 if head >= 0xC0 else 0x80
    wide = max(0, head - base - 55)
    length = int.from_bytes(data[1 : 1 + wide], "big") if wide else head - base
    if len(data) < 1 + wide + length:
        raise _wrong("ends too early")
    content, rest = data[1 + wide : 1 + wide + length], data[1 + wide + length :]
    if base == 0x80:
        return content, rest
    if depth == 0:
        raise _wrong("too deep")
    items = []
    while content:
        value, content = _item(content, depth - 1)
        items.append(value)
    return items, rest


def _wrong(detail):
    return ProtocolError("anchor/rlp", detail)


def as_list(value, length=None, least=0):
    if not isinstance(value, list) or len(value) < least or (length is not None and len(value) != length):
        raise _wrong("a list expected")
    return value


def as_data(value, length=None):
    if not isinstance(value, bytes) or (length is not None and len(value) != length):
        raise _wrong("bytes expected")
    return value


def as_number(value):
    digits = as_data(value)
    if digits[:1] == b"\x00" or int.from_bytes(digits, "big") > 2**53 - 1:
        raise _wrong("a number expected")
    return int.from_bytes(digits, "big")


# Tries


def nibbles(data):
    return [int(digit, 16) for digit in data.hex()]


def hex_prefix(path, is_leaf):
    flags = 2 * is_leaf + len(path) % 2
    digits = [flags, *([] if len(path) % 2 else [0]), *path]
    return bytes.fromhex("".join(f"{digit:x}" for digit in digits))


class Trie:
    """A trie over these pairs of key and value."""

    def __init__(self, pairs):
        self.stored = {}
        encoded = rlp(self._node([(nibbles(key), value) for key, value in pairs]))
        self.root = keccak256(encoded)
        self.stored[self.root] = encoded

    def _node(self, pairs):
        if len(pairs) == 1:
            return [hex_prefix(pairs[0][0], True), pairs[0][1]]
        shared = 0
        while len({tuple(path[: shared + 1]) for path, _ in pairs}) == 1 and all(len(path) > shared for path, _ in pairs):
            shared += 1
        if shared:
            return [hex_prefix(pairs[0][0][:shared], False), self._named(self._node([(path[shared:], value) for path, value in pairs]))]
        branch = [b""] * 17
        for digit in range(16):
            below = [(path[1:], value) for path, value in pairs if path[:1] == [digit]]
            if below:
                branch[digit] = self._named(self._node(below))
        branch[16] = next((value for path, value in pairs if not path), b"")
        return branch

    def _named(self, node):
        encoded = rlp(node)
        if len(encoded) < 32:
            return node
        self.stored[keccak256(encoded)] = encoded
        return keccak256(encoded)

    def nodes(self, key):
        """What shows the value of a key."""
        path, shown, reference = nibbles(key), [], self.root
        while True:
            if isinstance(reference, bytes):
                shown.append(self.stored[reference])
                reference = unrlp(shown[-1])
            if len(reference) == 17 and path:
                reference, path = reference[path[0]], path[1:]
                continue
            prefix = nibbles(reference[0]) if len(reference) == 2 else [2]
            if prefix[0] >= 2:
                return shown
            path, reference = path[len(prefix) - 2 + prefix[0] % 2 :], reference[1]


def trie_value(root, key, nodes):
    path, left, reference = nibbles(key), list(nodes), root
    while True:
        if isinstance(reference, bytes):
            if len(reference) != 32 or not left or keccak256(left[0]) != reference:
                raise ProtocolError("anchor/trie")
            reference = unrlp(left.pop(0))
            if isinstance(reference, bytes):
                raise ProtocolError("anchor/trie")
        if len(reference) == 17:
            if not path:
                return _value(reference[16], path, left)
            reference, path = reference[path[0]], path[1:]
            continue
        if len(reference) != 2 or not isinstance(reference[0], bytes) or not reference[0]:
            raise ProtocolError("anchor/trie")
        flags, *rest = nibbles(reference[0])
        if flags > 3 or (flags % 2 == 0 and rest[:1] != [0]):
            raise ProtocolError("anchor/trie")
        part = rest[1 - flags % 2 :]
        if path[: len(part)] != part:
            raise ProtocolError("anchor/trie")
        path = path[len(part) :]
        if flags >= 2:
            return _value(reference[1], path, left)
        reference = reference[1]


def _value(value, path, left):
    if not isinstance(value, bytes) or not value or path or left:
        raise ProtocolError("anchor/trie")
    return value


# The evidence


def read_header(data):
    if len(data) > MOST_HEADER_BYTES:
        raise ProtocolError("anchor/header")
    fields = as_list(unrlp(data), least=15)
    names = {"stateRoot": as_data(fields[3], 32), "receiptsRoot": as_data(fields[5], 32)}
    return {"hash": keccak256(data), **names, "number": as_number(fields[8]), "time": as_number(fields[11])}


def place_in_receipt(message, receipts_root, index, nodes):
    value = trie_value(receipts_root, rlp(number(index)), nodes)
    status, _, _, logs = as_list(unrlp(value[1:] if value[0] < 0x80 else value), 4)
    if as_data(status) != b"\x01":
        raise ProtocolError("anchor/receipt")
    for log in as_list(logs):
        by, topics, data = as_list(log, 3)
        topics = [as_data(topic, 32) for topic in as_list(topics)]
        if as_data(by) == CONTRACT and as_data(data) == message and topics[:1] == [EVENT] and len(topics) >= 3:
            return {"sender": topics[1][12:], "number": as_number(topics[2].lstrip(b"\x00") or b"\x00")}
    raise ProtocolError("anchor/receipt")


def tip_after(tip, messages):
    for message in messages:
        tip = keccak256(tip + message)
    return tip


def slots(sender):
    slot = keccak256(bytes(12) + sender + bytes(32))
    return slot, ((int.from_bytes(slot, "big") + 1) % 2**256).to_bytes(32, "big")


def place_in_storage(message, state_root, account_nodes, sender, tip, later, tip_nodes, length_nodes):
    account = as_list(unrlp(trie_value(state_root, keccak256(CONTRACT), account_nodes)), 4)
    storage_root = as_data(account[2], 32)
    tip_slot, length_slot = slots(sender)
    stored = unrlp(trie_value(storage_root, keccak256(tip_slot), tip_nodes))
    length = as_number(unrlp(trie_value(storage_root, keccak256(length_slot), length_nodes)))
    if len(as_data(stored)) > 32 or stored[:1] == b"\x00":
        raise _wrong("a word expected")
    if stored.rjust(32, b"\x00") != tip_after(tip, [message, *later]):
        raise ProtocolError("anchor/sequence")
    place = length - len(later)
    if place < 1 or (tip == bytes(32)) != (place == 1):
        raise ProtocolError("anchor/sequence")
    return {"sender": sender, "number": place}


def verify_evm(message, chain_id, header, proof, known):
    """`proof`: ("receipt" or "storage", what place_in_… takes after the roots …)."""
    read = read_header(header)
    kind, *parts = proof
    if kind == "receipt":
        place = place_in_receipt(message, read["receiptsRoot"], *parts)
    else:
        place = place_in_storage(message, read["stateRoot"], *parts)
    chain = f"eip155:{chain_id}"
    if (chain, read["number"], read["hash"]) not in known:
        return [{"type": "undated", "chain": chain, "height": read["number"], "reason": "unknown-block"}]
    return [{"type": "dated", "chain": chain, "height": read["number"], "block": read["hash"], "time": read["time"], "standing": {"type": "known"}, "place": place}]
