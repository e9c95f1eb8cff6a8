"""Who appears in the cases: Ada makes a room, Bo, Cy and Di come by its link. Seeds are one byte, repeated."""

from parley_reference import authority, entry, log, room
from parley_reference.encoding import encode
from parley_reference.identity import add_device, create_identity, fold_identity, revoke_device
from parley_reference.primitives import public_key, sha256, sign


def seed(byte):
    return bytes([byte]) * 32


class Person:
    def __init__(self, name, first_seed):
        self.name = name
        self.seeds = {"recovery": seed(first_seed), "nextRecovery": seed(first_seed + 1), "device": seed(first_seed + 2)}
        self.device_seed = self.seeds["device"]
        self.device = public_key(self.device_seed)
        self.statements = create_identity(*self.seeds.values())
        self.identity = fold_identity(self.statements)[0]


class Device:
    """Another device of a person, added by the one that they began with, or by the words."""

    def __init__(self, person, device_seed, by_words=False):
        created, added = person.statements
        by = (created, person.seeds["recovery"]) if by_words else (added, person.device_seed)
        self.name, self.identity, self.device_seed = person.name, person.identity, device_seed
        self.device = public_key(device_seed)
        self.added = add_device(created, [by[0]], by[1], device_seed)
        self.statements = [created, self.added] if by_words else [created, added, self.added]

    def revoke(self, other, *marks):
        """Its statements, and that another device is one no more: in this room up to these marks."""
        everywhere = revoke_device(self.statements[0], [self.added], self.device_seed, other.device)
        here = revoke_device(self.statements[0], [everywhere], self.device_seed, other.device, sorted(marks))
        return [*self.statements, everywhere, *([here] if marks else [])]


ADA = Person("Ada", 0x11)
BO = Person("Bo", 0x21)
CY = Person("Cy", 0x31)
DI = Person("Di", 0x51)
INVITE_SEED = seed(0x41)
SECRET = seed(0x42)
GENESIS = room.encode_genesis(ADA.identity, ADA.device, public_key(INVITE_SEED), None, seed(0x43))
ROOM = room.room_id(GENESIS)
SECRETS = room.room_secrets(SECRET)
START = 1_700_000_000_000


class Writer:
    """One log of the room as its author writes it."""

    genesis = GENESIS

    def __init__(self, person, generation=0):
        self.person = person
        self.generation = generation
        self.room = room.room_id(self.genesis)
        self.key = log.log_key(self.room, person.identity, person.device, generation)
        self.blocks = []
        self.keys = []
        self.headers = []
        self.cited = {}

    def admission(self, invited=True, invite_seed=INVITE_SEED):
        invite = public_key(invite_seed) if invited and self.generation == 0 else None
        signature = self.signature(invite_seed) if invited or self.generation > 0 else None
        return [self.person.statements, self.person.device, self.generation, invite, signature]

    def signature(self, invite_seed=INVITE_SEED):
        owner = (self.room, self.person.identity, self.person.device, self.generation)
        return room.sign_next_log(*owner, self.person.device_seed) if self.generation > 0 else room.sign_admission(*owner, invite_seed)

    def create_room(self, name):
        return self.write("room-created", [self.genesis, name, self.admission(invited=False), self.person.name], ())

    def join(self, *cites, invite_seed=INVITE_SEED):
        return self.write("joined", [[], self.admission(invite_seed=invite_seed), self.person.name], cites)

    def operate(self, kind, *fields, cites=(), knows=()):
        """Write an operation whose author knows these others, by id; answers its own."""
        self.write(kind, [sorted(knows), *fields], cites)
        return self.operation(len(self.blocks) - 1)

    def operation(self, index):
        """The id of an entry as an operation."""
        return authority.operation_id(self.key, index, self.blocks[index])

    def mark(self, length=None):
        return list(self.head(length))

    def say(self, text, *cites):
        return self.write("message-sent", [text], cites)

    def head(self, length=None):
        length = len(self.blocks) if length is None else length
        return self.key, length, log.tree_hash(log.roots(self.blocks[:length]))

    def write(self, kind, body, cites, entry_class=None, **claims):
        """Append an entry that cites the present heads of these writers. `claims` replace what is true in its header."""
        index = len(self.blocks)
        heads = sorted(writer.head() for writer in cites)
        parents = [writer.headers[-1]["depth"] for writer in cites] + [each["depth"] for each in self.headers[-1:]]
        header = {"kind": kind, "time": START + 1000 * len(self.blocks), "depth": 1 + max(parents, default=0), "heads": heads, **claims}
        entry_class = entry_class or room.KINDS.get(kind, "message")
        salt = sha256(b"salt of " + self.key + bytes([index]))[:16]
        data = encode(body) if isinstance(body, list) else body
        block, keys = self.sealed_as(entry_class, entry.encode_header(header), data, salt)
        self.blocks.append(block)
        self.keys.append(keys)
        self.headers.append(header)
        return header

    def sealed_as(self, entry_class, header, body, salt):
        """(block, keys) of the next entry."""
        index, class_key = len(self.blocks), room.class_key(SECRETS, entry_class)
        block = entry.seal_entry(self.room, self.key, index, entry_class, header, body, class_key, salt)
        return block, entry.entry_keys(class_key, self.key, index, salt)

    def signed(self, length=None):
        key, length, hashed = self.head(length)
        return length, hashed, sign(log.head_signable(key, length, hashed), self.person.device_seed)

    def bundled(self, length=None):
        key, length, hashed = self.head(length)
        signature = sign(log.head_signable(key, length, hashed), self.person.device_seed)
        return [self.person.identity, self.person.device, self.generation, signature, self.blocks[:length], self.keys[:length]]

    def sealed(self):
        return [*self.bundled()[:5], None]

    def headers_only(self):
        classes = [entry.read_frame(block, room.suite_in(self.genesis))["class"] for block in self.blocks]
        pairs = zip(classes, self.keys)
        return [*self.bundled()[:5], [keys if kind in ("authority", "epoch") else withheld(keys) for kind, keys in pairs]]

    def excerpted(self, *indices, length=None):
        """These entries and the first one, up to a head that is signed."""
        identity, device, generation, signature, blocks, keys = self.bundled(length)
        roots = [list(each[1:]) for each in log.roots(blocks)]
        entries = [[index, blocks[index], keys[index], log.path(blocks, index)] for index in (0, *indices)]
        return [identity, device, generation, [len(blocks), signature, roots], entries]


def withheld(keys):
    return [keys[0], None, sha256(keys[1])]
