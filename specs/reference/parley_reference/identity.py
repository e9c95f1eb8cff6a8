"""specs/identity.md: signed sentences about a person and their devices."""

import hashlib
import unicodedata

from .encoding import as_array, as_bytes, as_text, as_uint, decode, encode, in_domain, u8
from .errors import ProtocolError
from .primitives import expand, extract, is_valid_key, public_key, sha256, sign, verify

MOST_STATEMENT_BYTES = 4096
MOST_STATEMENTS = 64
MOST_FOLLOWED = 16
MOST_CAPS = 32


def create_identity(recovery_seed, next_recovery_seed, device_seed):
    created = encode(["identity-created", public_key(recovery_seed), sha256(public_key(next_recovery_seed))])
    first = [created, [sign(in_domain("identityStatement", created), recovery_seed)]]
    return [first, add_device(first, [first], recovery_seed, device_seed)]


def identity_id(first):
    return sha256(in_domain("identity", first[0]))


def add_device(first, follows, seed, device_seed):
    return make_statement(first, "device-added", follows, seed, public_key(device_seed), device_seed=device_seed)


def revoke_device(first, follows, seed, device, caps=()):
    return make_statement(first, "device-revoked", follows, seed, device, [list(cap) for cap in caps])


def rotate_recovery(first, follows, seed, next_seed):
    return make_statement(first, "recovery-rotated", follows, seed, sha256(public_key(next_seed)))


def make_statement(first, kind, follows, seed, *fields, device_seed=None):
    """`follows`: statements. `seed`: of the key that says it."""
    payload = encode([kind, identity_id(first), sorted(sha256(each[0]) for each in follows), public_key(seed), *fields])
    return sign_payload(payload, seed, device_seed)


def sign_payload(payload, seed, device_seed=None):
    signatures = [sign(in_domain("identityStatement", payload), seed)]
    if device_seed:
        signatures.append(sign(in_domain("deviceAccepts", payload), device_seed))
    return [payload, signatures]


def statements_from_cbor(value):
    statements = []
    for item in as_array(value, most=MOST_STATEMENTS):
        payload, signatures = as_array(item, 2)
        as_bytes(payload, most=MOST_STATEMENT_BYTES)
        statements.append([payload, [as_bytes(each, 64) for each in as_array(signatures, most=2)]])
    return statements


def fold_identity(statements):
    """(id, active devices) of the identity that these statements make."""
    identity, devices, _ = resolve_identity(statements)
    return identity, devices


def resolve_identity(statements):
    """(id, active devices, [(revoked device, caps)])."""
    identity, beginning, made = read_identity(statements)
    known = _Statements(*beginning, made).known(made)
    devices = sorted(known["added"] - set(known["revoked"]))
    return identity, devices, sorted((device, _lowest(caps)) for device, caps in known["revoked"].items())


def gather(places):
    """By identity: what all statements come to that stand in these places, each of which has been read."""
    together = {}
    for statements in places:
        known = together.setdefault(identity_id(statements[0]), [])
        known += [each for each in statements if each[0] not in [payload for payload, _ in known]]
    return {identity: resolve_identity(statements)[1:] for identity, statements in together.items()}


def cap_of(gathered, identity, device, log):
    """How many entries of a log count."""
    devices, revoked = gathered[identity]
    if device in devices:
        return float("inf")
    caps = dict(revoked).get(device, [])
    return next((length for of, length, _ in caps if of == log), 0)


def caps_in(statements):
    return [cap for payload, _ in statements[1:] for cap in _read(payload, identity_id(statements[0])).get("caps", [])]


def read_identity(statements):
    """(id, (recovery key, hash of the next), later statements by hash)."""
    if not statements:
        raise ProtocolError("identity/malformed", "no statement")
    payload, signatures = statements[0]
    kind, recovery, following = as_array(decode(payload, MOST_STATEMENT_BYTES), 3)
    if as_text(kind, 32) != "identity-created":
        raise ProtocolError("identity/malformed", "not a beginning")
    _check_key(as_bytes(recovery, 32))
    as_bytes(following, 32)
    _check_signatures(payload, signatures, [("identityStatement", recovery)])
    identity = identity_id(statements[0])
    first = sha256(payload)
    seen = {first: set()}
    made = {}
    for payload, signatures in statements[1:]:
        statement = _read(payload, identity)
        signers = [("identityStatement", statement["by"])]
        if statement["kind"] == "device-added":
            signers.append(("deviceAccepts", statement["device"]))
        _check_signatures(payload, signatures, signers)
        own = sha256(payload)
        if own in seen or any(each not in seen for each in statement["follows"]):
            raise ProtocolError("identity/malformed", "twice, or before what it follows")
        seen[own] = set(statement["follows"]).union(*(seen[each] for each in statement["follows"]))
        made[own] = {**statement, "past": seen[own] - {first}}
    return identity, (recovery, following), made


def _read(payload, identity):
    fields = as_array(decode(payload, MOST_STATEMENT_BYTES), most=6)
    kind = as_text(fields[0] if fields else None, 32)
    if kind not in ("device-added", "device-revoked", "recovery-rotated"):
        raise ProtocolError("identity/malformed", "an unknown statement")
    _, of, follows, by, *rest = as_array(fields, 6 if kind == "device-revoked" else 5)
    follows = [as_bytes(each, 32) for each in as_array(follows, most=MOST_FOLLOWED)]
    if not follows:
        raise ProtocolError("identity/malformed", "follows none")
    _require_ascending(follows)
    _check_key(as_bytes(by, 32))
    statement = {"kind": kind, "follows": follows, "by": by}
    if kind == "recovery-rotated":
        statement["next"] = as_bytes(rest[0], 32)
    else:
        _check_key(as_bytes(rest[0], 32))
        statement["device"] = rest[0]
    if kind == "device-revoked":
        caps = [as_array(each, 3) for each in as_array(rest[1], most=MOST_CAPS)]
        statement["caps"] = [(as_bytes(log, 32), as_uint(length), as_bytes(hashed, 32)) for log, length, hashed in caps]
        _require_ascending([log for log, _, _ in statement["caps"]])
    if as_bytes(of, 32) != identity:
        raise ProtocolError("identity/malformed", "of another identity")
    return statement


def _require_ascending(values):
    if any(a >= b for a, b in zip(values, values[1:])):
        raise ProtocolError("identity/malformed", "not in ascending order")


def _lowest(caps):
    lowest = {}
    for log, length, hashed in caps:
        lowest[log] = min(lowest.get(log, (length, hashed)), (length, hashed))
    return [[log, *lowest[log]] for log in sorted(lowest)]


class _Statements:
    """What counts of some statements. Sets of their hashes; everything is looked for among all of them."""

    def __init__(self, recovery, following, made):
        self.beginning = {"turn": 0, "keys": {recovery: {following}}}
        self.made = made
        self.at = {}

    def author(self, one):
        """What the author of a statement could know."""
        if one not in self.at:
            self.at[one] = self.known(self.made[one]["past"])
        return self.at[one]

    def known(self, among):
        standing = self.standing({one for one in among if self.is_permitted(one)})
        added, revoked = set(), {}
        rotations = []
        for one in standing:
            statement = self.made[one]
            if statement["kind"] == "device-added":
                added.add(statement["device"])
            elif statement["kind"] == "device-revoked":
                revoked.setdefault(statement["device"], []).extend(statement["caps"])
            else:
                rotations.append((self.author(one)["recovery"]["turn"] + 1, statement["by"], statement["next"]))
        recovery = self.beginning
        if rotations:
            turn = max(turn for turn, _, _ in rotations)
            keys = {by: {other for at, key, other in rotations if (at, key) == (turn, by)} for at, by, _ in rotations if at == turn}
            recovery = {"turn": turn, "keys": keys}
        return {"added": added, "revoked": revoked, "recovery": recovery}

    def is_permitted(self, one):
        statement, known = self.made[one], self.author(one)
        if statement["kind"] == "recovery-rotated":
            return any(sha256(statement["by"]) in named for named in known["recovery"]["keys"].values())
        return self.is_by_recovery(one) or statement["by"] in known["added"] - set(known["revoked"])

    def is_by_recovery(self, one):
        return self.made[one]["by"] in self.author(one)["recovery"]["keys"]

    def overrules(self, one, other):
        removal, statement = self.made[one], self.made[other]
        if one == other or one in statement["past"] or other in removal["past"] or statement["kind"] == "recovery-rotated":
            return False
        if removal["kind"] == "recovery-rotated":
            return self.is_by_recovery(other) and self.author(one)["recovery"]["turn"] >= self.author(other)["recovery"]["turn"]
        if removal["kind"] != "device-revoked" or self.is_by_recovery(other) or removal["device"] != statement["by"]:
            return False
        return not (statement["kind"] == "device-revoked" and statement["device"] == removal["by"])

    def grounds(self, one, among):
        """What a statement hangs on; None: on nothing."""
        if self.made[one]["kind"] == "recovery-rotated" or self.is_by_recovery(one):
            return None
        adds = {each for each in self.made[one]["past"] if self.made[each]["kind"] == "device-added" and self.made[each]["device"] == self.made[one]["by"]}
        return adds & among

    def standing(self, among):
        up, down = set(), set()
        while True:
            rise, fall = set(), set()
            for one in among - up - down:
                attackers = {other for other in among if self.overrules(other, one)}
                grounds = self.grounds(one, among)
                if attackers & up or (grounds is not None and grounds <= down):
                    fall.add(one)
                elif attackers <= down and (grounds is None or grounds & up):
                    rise.add(one)
            if rise or fall:
                up, down = up | rise, down | fall
                continue
            ring = {one for one in among - up - down if self.made[one]["kind"] == "device-revoked"}
            founded = {one for one in ring if self.grounds(one, among) is None or self.grounds(one, among) & up}
            if not ring:
                return up
            up |= founded or ring


def _check_key(key):
    if not is_valid_key(key):
        raise ProtocolError("identity/key")


def _check_signatures(payload, signatures, signers):
    if len(signatures) != len(signers):
        raise ProtocolError("identity/signature")
    for signature, (domain, key) in zip(signatures, signers):
        if not verify(signature, in_domain(domain, payload), key):
            raise ProtocolError("identity/signature")


def safety_number(a, b):
    """What two people compare: 30 digits for each identity, the smaller id first."""
    return "".join(safety_half(identity) for identity in sorted([a, b]))


def safety_half(identity):
    hashed = identity
    for _ in range(5200):
        hashed = sha256(in_domain("safetyNumber", hashed, identity))
    return "".join(f"{int.from_bytes(hashed[at : at + 5], 'big') % 100_000:05}" for at in range(0, 30, 5))


def recovery_seed(words, index):
    return expand(stretched(words), in_domain("recoveryKey", u8(index)))


def stretched(words):
    """BIP-39's seed of the words, without a passphrase, extracted."""
    text = unicodedata.normalize("NFKD", words).encode()
    return extract(hashlib.pbkdf2_hmac("sha512", text, b"mnemonic", 2048))
