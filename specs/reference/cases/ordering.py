SPEC = "ordering.md"
NOTE = "Cursors one entry further, and the order of entries. `depths`: of the entries that the reader has of each log, from its first on."

from parley_reference import ordering

from .cast import seed

SELF, A, B, ABSENT = seed(0x40), seed(0x0A), seed(0x0B), seed(0x0F)
HASH = bytes(32)
CURSOR = {"length": 4, "depth": 6, "time": 5000, "atLeast": False, "cited": {A: 2}}
LOCKED = ordering.skip_locked(CURSOR)
DEPTHS = {A: [1, 3, 8], B: [2]}


def cases():
    yield good("the next entry of a log that cites nothing", 6000, 7, [])
    yield good("a citation that is deeper than the log itself", 6000, 9, [(A, 3)])
    yield good("a citation that is less deep than the log itself", 6000, 7, [(B, 1)])
    yield good("two citations", 6000, 9, [(A, 3), (B, 1)])
    yield good("a clock that went back", 100, 7, [])
    yield good("a cited log that the reader does not have: the claim stands", 6000, 40, [(ABSENT, 5)])
    yield good("a cited entry that the reader does not have yet: the claim stands", 6000, 40, [(A, 9)])
    yield good("the first entry of a log", 100, 1, [], cursor=ordering.EMPTY)
    yield good("behind an entry that there is no key for: the claim stands", 6000, 40, [(A, 3)], cursor=LOCKED)
    yield good("the entry behind that: its depth is computed again", 6000, 41, [], cursor={**LOCKED, "depth": 40, "atLeast": False})
    for title, depth, code in [
        ("behind an entry that there is no key for, a depth no greater than it must have", 7, "ordering/depth"),
        ("behind an entry that there is no key for, a depth that is more than 2^20 beyond it", 7 + 2**20 + 1, "ordering/depth"),
    ]:
        yield bad(title, depth, [], code, LOCKED)
    for title, depth, heads, code in [
        ("a depth that is too small", 6, [], "ordering/depth"),
        ("a depth that is too great", 9, [], "ordering/depth"),
        ("a depth that ignores what it cites", 7, [(A, 3)], "ordering/depth"),
        ("a depth no greater than what is known of what it cites", 8, [(A, 3), (ABSENT, 5)], "ordering/depth"),
        ("a depth that is more than 2^20 beyond all that is known, with a parent missing", 8 + 2**20 + 1, [(A, 3), (ABSENT, 5)], "ordering/depth"),
        ("a citation of the own log", 7, [(SELF, 2)], "ordering/citation-self"),
        ("a citation of what was cited before", 7, [(A, 2)], "ordering/citation-order"),
        ("a citation of length 0", 7, [(B, 0)], "ordering/citation-order"),
        ("citations that do not ascend", 9, [(B, 1), (A, 3)], "ordering/citation-order"),
        ("a log that is cited twice", 9, [(A, 3), (A, 3)], "ordering/citation-order"),
    ]:
        yield bad(title, depth, heads, code)
    yield skipped("an entry that cannot be read keeps its place", False, ordering.skip(CURSOR))
    yield skipped("an entry that there is no key for keeps its place, and is as deep at least", True, LOCKED)
    yield sorted_case("by depth before time, time before key, key before index", [(2, 9, B, 0), (1, 5, B, 0), (1, 4, B, 9), (1, 4, A, 1), (1, 4, A, 10)])
    yield sorted_case("the greatest numbers", [(2**53 - 1, 2**53 - 1, SELF, 2**53 - 1), (2**53 - 1, 0, SELF, 0), (0, 2**53 - 1, SELF, 0)])


def depth_at(log, length):
    depths = DEPTHS.get(log, [])
    return depths[length - 1] if 0 < length <= len(depths) else None


def cited(heads):
    return [(log, length, HASH) for log, length in heads]


def entry(cursor, time, depth, heads):
    shown = [{"log": log, "length": length, "treeHash": HASH} for log, length in heads]
    return {"cursor": cursor_shown(cursor), "log": SELF, "depths": by_hex(DEPTHS), "entry": {"time": time, "depth": depth, "heads": shown}}


def cursor_shown(cursor):
    return {**cursor, "cited": by_hex(cursor["cited"])}


def by_hex(table):
    return {key.hex(): value for key, value in table.items()}


def good(title, time, depth, heads, cursor=CURSOR):
    after, flaws = ordering.advance(cursor, SELF, depth, time, cited(heads), depth_at)
    assert flaws == [], title
    return {"title": title, "section": "verifying", "input": entry(cursor, time, depth, heads), "expect": {"cursor": cursor_shown(after)}}


def bad(title, depth, heads, code, cursor=CURSOR):
    after, flaws = ordering.advance(cursor, SELF, depth, 6000, cited(heads), depth_at)
    assert flaws == [code], (title, flaws)
    given = entry(cursor, 6000, depth, heads)
    return {"title": title, "section": "verifying", "input": given, "steps": {"cursor": cursor_shown(after)}, "error": code}


def skipped(title, locked, after):
    return {
        "title": title,
        "section": "verifying",
        "input": {"cursor": cursor_shown(CURSOR), "locked": locked},
        "expect": {"cursor": cursor_shown(after)},
    }


def sorted_case(title, keys):
    def shown(key):
        return dict(zip(("depth", "time", "log", "index"), key))

    return {
        "title": title,
        "section": "format",
        "input": {"entries": [shown(key) for key in keys]},
        "expect": {"entries": [shown(key) for key in sorted(keys)]},
    }
