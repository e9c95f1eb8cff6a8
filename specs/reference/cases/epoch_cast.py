"""The same people in a room of suite 1. Secrets and prekeys are hashes of what they are for."""

from parley_reference import entry, epoch, hpke, room
from parley_reference.primitives import public_key, sha256

from .cast import ADA, BO, CY, INVITE_SEED, Writer, seed

EPOCH_GENESIS = room.encode_genesis(ADA.identity, ADA.device, public_key(INVITE_SEED), None, seed(0x47), "open-link", 1, "joined")


def secret_of(*words):
    return sha256(" ".join(str(word) for word in words).encode())


class EpochWriter(Writer):
    """One log of a room of suite 1."""

    genesis = EPOCH_GENESIS

    def __init__(self, person, generation=0):
        super().__init__(person, generation)
        self.at = {"number": 0, "history": 0, "ephemeral": 0}
        self.prekey = None

    def write(self, kind, body, cites, *rest, **claims):
        """Cites only those who have gone on."""
        advanced = [each for each in cites if len(each.blocks) > self.cited.get(each.key, 0)]
        self.cited.update({each.key: len(each.blocks) for each in advanced})
        return super().write(kind, body, advanced, *rest, **claims)

    def announce(self, *cites, generation=None):
        after = self.generation * epoch.PREKEYS_OF_LOG if self.prekey is None else self.prekey + 1
        self.prekey = after if generation is None else generation
        self.write("prekey-announced", [self.prekey, hpke.public_half(self.private_half(self.prekey))], cites)
        return self.prekey

    def private_half(self, generation):
        return secret_of("prekey", self.person.name, generation)

    def secrets(self, number):
        return [secret_of(part, self.person.name, number) for part in ("header", "history", "ephemeral")]

    def start(self, *recipients, cites=(), number=None, generations=()):
        """Begin an epoch that is sealed to these writers, by their newest prekeys or the generations that are given by name."""
        number = self.at["number"] + 1 if number is None else number
        secrets = self.secrets(number)
        commitments = epoch.commit(self.room, self.key, number, secrets)
        self.write("epoch-started", [number, "begun" if number == 1 else "removed", False, commitments, self.boxes(number, secrets, (0, 0), recipients, dict(generations))], cites)
        self.at = {"number": number, "history": 0, "ephemeral": 0}

    def share(self, *recipients, cites=(), **claims):
        number, history, ephemeral = {**self.at, **claims}.values()
        header, *chains = self.secrets(number)
        present = [header, *(epoch.step_key(key, 0, step) for key, step in zip(chains, (history, ephemeral)))]
        self.write("epoch-shared", [number, history, ephemeral, self.boxes(number, present, (history, ephemeral), recipients, {})], cites)

    def boxes(self, number, secrets, steps, recipients, generations):
        commitments = epoch.commit(self.room, self.key, number, self.secrets(number))
        sealed = []
        for each in recipients:
            generation = generations.get(each.person.name, each.prekey)
            device = each.person.device
            context = epoch.box_context(self.room, self.key, number, commitments, steps, device, generation)
            prekey = hpke.public_half(each.private_half(generation))
            sealed.append([device, generation, epoch.seal_box(secrets, prekey, context, secret_of("box", self.key.hex(), number, *steps, device.hex()))])
        return sorted(sealed)

    def sealed_as(self, entry_class, header, body, salt):
        if entry_class in ("authority", "epoch"):
            return super().sealed_as(entry_class, header, body, salt)
        chain = "ephemeral" if entry_class == "ephemeral" else "history"
        number, step = self.at["number"], self.at[chain]
        self.at[chain] += 1
        secrets = dict(zip(("header", "history", "ephemeral"), self.secrets(number)))
        held = {"header": secrets["header"], "history": [0, secrets["history"]], "ephemeral": [0, secrets["ephemeral"]]}
        place = self.room, self.key, len(self.blocks)
        keys = entry.keys_from(epoch.entry_secrets({"class": entry_class, "step": step}, held), *place[1:], salt)
        return epoch.seal_entry(*place, entry_class, header, body, held, number, step, salt), keys

    def fleeting(self, kind, *cites):
        return self.write(kind, [1], cites, entry_class="ephemeral")

    def without_keys(self, *indices):
        """As somebody exports it who has no keys of these entries."""
        return [*self.bundled()[:5], [None if index in indices else keys for index, keys in enumerate(self.keys)]]


def conversation():
    """Ada, Bo and Cy, each with a prekey. Ada and Bo have begun their epochs and talk; Cy listens."""
    ada, bo, cy = EpochWriter(ADA), EpochWriter(BO), EpochWriter(CY)
    ada.create_room("Cellar")
    ada.announce()
    bo.join(ada)
    bo.announce()
    cy.join(ada, bo)
    cy.announce()
    ada.start(ada, bo, cy, cites=(bo, cy))
    ada.say("Hello, Bo and Cy.")
    bo.start(ada, bo, cy, cites=(ada, cy))
    bo.say("Hello, Ada.")
    ada.say("Who else hears us?", bo)
    return ada, bo, cy

