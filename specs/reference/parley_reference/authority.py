"""specs/authority.md: who may what in a room, out of nothing but the operations. Sets of operations, and everything looked for among all of them."""

from .encoding import in_domain, u64
from .primitives import sha256

STANDINGS = ["banned", "removed", "left", "none", "waiting", "reader", "member", "admin", "owner"]
ROLES = ["owner", "admin", "member", "reader"]


def operation_id(log, index, block):
    return sha256(in_domain("operation", log, u64(index), block))


def rank(standing):
    return STANDINGS.index(standing)


def decision_of(operation):
    """What an operation makes of whom it is about."""
    if operation["type"] == "member-removed":
        return "banned" if operation["ban"] else "removed"
    return "left" if operation["type"] == "left" else operation["role"]


def is_about(operation, identity):
    if "identity" in operation:
        return operation["identity"] == identity
    return operation["type"] == "left" and operation["author"] == identity


def is_removal(operation):
    return operation["type"] == "member-removed" or (operation["type"] == "role-changed" and rank(operation["role"]) < rank("admin"))


class Room:
    """`beginning`: owner, admission, invite or None. An operation: id, log, index, author, heads, type, the fields of its kind, and revoked: whether it is behind a cap."""

    def __init__(self, beginning, operations):
        self.beginning = beginning
        self.operations = {each["id"]: each for each in operations}
        self._pasts = {}
        self._known = {}
        self.missing = sorted({head for each in operations for head in each["heads"] if head not in self.operations})

    # Graph

    def past(self, operation):
        if operation["id"] not in self._pasts:
            before = [each for each in self.operations.values() if each["log"] == operation["log"] and each["index"] < operation["index"]]
            named = [self.operations[head] for head in operation["heads"] if head in self.operations]
            self._pasts[operation["id"]] = {each["id"] for each in before + named}.union(*(self.past(each) for each in before + named))
        return self._pasts[operation["id"]]

    def follows(self, later, earlier):
        return earlier["id"] in self.past(later)

    def depth(self, operation):
        return 1 + max((self.depth(self.operations[each]) for each in self.past(operation)), default=0)

    def order(self, operation):
        return self.depth(operation), operation["id"]

    # What stands

    def known(self, operation):
        """What the author of an operation could know."""
        if operation["id"] not in self._known:
            self._known[operation["id"]] = Resolved(self, [self.operations[each] for each in self.past(operation)])
        return self._known[operation["id"]]

    def is_permitted(self, operation):
        kind, author, known = operation["type"], operation["author"], self.known(operation)
        own = known.standing_of(author)
        if kind == "joined":
            return True
        if kind == "left":
            return rank(own) >= rank("waiting")
        if own not in ("owner", "admin"):
            return False
        if kind in ("invite-created", "invite-revoked"):
            return True
        theirs = known.standing_of(operation["identity"])
        if kind == "member-removed":
            return operation["identity"] != author and rank(theirs) <= rank(own)
        may_give = own == "owner" or operation["role"] in ("member", "reader")
        return may_give and rank(theirs) < rank(own) and (theirs in ROLES) == (kind == "role-changed")

    def overrules(self, removal, operation):
        if not is_removal(removal) or operation["type"] in ("joined", "left") or not is_about(removal, operation["author"]):
            return False
        if removal["id"] == operation["id"] or self.follows(removal, operation) or self.follows(operation, removal):
            return False
        known = self.known(removal)
        are_equal = known.standing_of(removal["author"]) == known.standing_of(operation["author"])
        return not (are_equal and operation["type"] == "member-removed" and operation["identity"] == removal["author"])

    def what_stands(self, claims):
        ids = {each["id"] for each in claims}
        supports = {}
        for each in claims:
            given = [] if each["type"] == "left" else self.known(each).decisions_on(each["author"])
            supports[each["id"]] = [other["id"] for other in given]
        attackers = {each["id"]: [other["id"] for other in claims if self.overrules(other, each)] for each in claims}
        up, down = set(), set()

        def is_down(each):
            return each in down or each not in ids

        while True:
            rise, fall = set(), set()
            for each in ids - up - down:
                given = supports[each]
                if any(other in up for other in attackers[each]) or (given and all(is_down(other) for other in given)):
                    fall.add(each)
                elif all(is_down(other) for other in attackers[each]) and (not given or any(other in up for other in given)):
                    rise.add(each)
            up, down = up | rise, down | fall
            if rise or fall:
                continue
            ring = [each for each in ids - up - down if is_removal(self.operations[each])]
            if not ring:
                return [each for each in claims if each["id"] in up]
            founded = [each for each in ring if not supports[each] or any(other in up for other in supports[each])]
            up |= set(founded or ring)


class Resolved:
    """What some operations of a room come to: they, and all that they follow."""

    def __init__(self, room, operations):
        self.room = room
        self.fallen = {}
        for each in operations:
            if each.get("revoked"):
                self.fallen[each["id"]] = "authority/revoked"
        operations = [each for each in operations if not each.get("revoked")]
        acts = [each for each in operations if each["type"] != "joined"]
        for each in acts:
            if not room.is_permitted(each):
                self.fallen[each["id"]] = "authority/denied"
        while True:
            claims = [each for each in acts if each["id"] not in self.fallen]
            self.acts = room.what_stands(claims)
            ousters = [each for each in self.acts if each["type"] == "member-removed" and room.known(each).standing_of(each["identity"]) == "owner"]
            if self._has_owner() or not ousters:
                break
            self.fallen[max(ousters, key=room.order)["id"]] = "authority/last-owner"
        for each in claims:
            if each not in self.acts:
                is_overruled = any(room.overrules(other, each) for other in self.acts)
                self.fallen[each["id"]] = "authority/overruled" if is_overruled else "authority/depends"
        self._resolve_invites([each for each in operations if each["type"] == "joined"])

    def _last(self, decisions):
        return [each for each in decisions if not any(self.room.follows(later, each) for later in decisions)]

    def decisions_on(self, identity):
        return self._last([each for each in self.acts if is_about(each, identity)])

    def _least(self, identity, decisions):
        base = "owner" if identity == self.room.beginning["owner"] else None
        return min((decision_of(each) for each in decisions), key=rank, default=base)

    def _has_owner(self):
        staying = [each for each in self.acts if each["type"] != "left"]
        people = {self.room.beginning["owner"]} | {each["identity"] for each in staying if "identity" in each}
        return any(self._least(each, self._last([other for other in staying if is_about(other, each)])) == "owner" for each in people)

    # Invites

    def _creations(self, key):
        first = self.room.beginning["invite"]
        return [] if key == first else [each for each in self.acts if each["type"] == "invite-created" and each["invite"] == key]

    def _ends(self, key, joins):
        for each in self.acts:
            if each["type"] == "invite-revoked" and each["invite"] == key:
                yield each
            if each["type"] == "member-removed":
                seen = [join for join in joins if join["author"] == each["identity"] and join["invite"] == key and self.room.follows(each, join)]
                if seen:
                    yield each

    def _resolve_invites(self, joins):
        follows = self.room.follows
        for join in joins:
            key = join["invite"]
            is_made = key == self.room.beginning["invite"] or any(not follows(each, join) for each in self._creations(key))
            if not is_made or any(not follows(end, join) for end in self._ends(key, joins)):
                self.fallen[join["id"]] = "authority/invite"
        for key in {join["invite"] for join in joins}:
            uses = [each["uses"] for each in self._creations(key) if each["uses"] is not None]
            came = [join for join in joins if join["invite"] == key and join["id"] not in self.fallen]
            seen = [join for join in came if any(each["type"] != "left" and follows(each, join) for each in self.acts)]
            in_order = sorted(seen, key=self.room.order) + sorted((join for join in came if join not in seen), key=self.room.order)
            people = list(dict.fromkeys(join["author"] for join in in_order))[: min(uses, default=None)]
            for join in came:
                if join["author"] not in people:
                    self.fallen[join["id"]] = "authority/uses"
        self.joins = [join for join in joins if join["id"] not in self.fallen]

    def _came_as(self, join):
        if self.room.beginning["admission"] == "lobby":
            return "waiting"
        return "reader" if any(each["role"] == "reader" for each in self._creations(join["invite"])) else "member"

    def _is_behind(self, join, decision):
        return any(self.room.follows(place, decision) for place in [join, *self._creations(join["invite"])])

    # What is asked

    def standing_of(self, identity):
        decisions = self.decisions_on(identity)
        decided = self._least(identity, decisions)
        if decided not in (None, "removed", "left"):
            return decided
        came = [self._came_as(join) for join in self.joins if join["author"] == identity and all(self._is_behind(join, each) for each in decisions)]
        return max(came, key=rank, default=decided or "none")

    def hiding_of(self, identity, log, index, needs_writing):
        """(standing, id of the operation or None) that keeps an entry from being shown; None if it is."""
        decisions = [each for each in self.acts if is_about(each, identity)]

        def mark(operation):
            if operation["type"] == "left":
                return operation["index"] + 1 if operation["log"] == log else float("inf")
            return next((length for of, length, _ in operation["marks"] if of == log), 0)

        def gives_back(operation, is_whole):
            return rank(decision_of(operation)) >= rank("reader" if is_whole else "member") and index >= mark(operation)

        came = max((self._came_as(join) for join in self.joins if join["author"] == identity), key=rank, default="none")
        if identity != self.room.beginning["owner"] and came != "member":
            is_whole = came == "none"
            if (is_whole or needs_writing) and not any(gives_back(each, is_whole) for each in decisions):
                return came, None
        for taking in sorted(decisions, key=self.room.order):
            standing = decision_of(taking)
            is_whole = standing != "reader"
            if rank(standing) >= rank("member") or index < mark(taking) or not (is_whole or needs_writing):
                continue
            came_again = standing != "banned" and any(
                join["author"] == identity and join["log"] == log and self._is_behind(join, taking) for join in self.joins
            )
            later = [each for each in decisions if self.room.follows(each, taking)]
            if not came_again and not any(gives_back(each, is_whole) for each in later):
                return standing, taking["id"]
        return None


def resolve(beginning, operations):
    room = Room(beginning, operations)
    resolved = Resolved(room, list(operations))
    resolved.missing = room.missing
    return resolved
