"""specs/own-room.md: the hidden room of one person's devices."""

from .encoding import in_domain
from .identity import stretched
from .primitives import expand, extract, public_key
from .room import encode_genesis


def own_room_seed(words):
    return expand(stretched(words), in_domain("ownRoom"))


def own_room(seed, identity):
    """Genesis, secret and invite seed."""

    def child(name):
        return expand(extract(seed), in_domain("ownRoom", name.encode()))

    invite_seed = child("invite")
    genesis = encode_genesis(identity, public_key(child("founder")), public_key(invite_seed), None, child("nonce"))
    return genesis, child("secret"), invite_seed
