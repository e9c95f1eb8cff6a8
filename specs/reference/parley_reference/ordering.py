"""specs/ordering.md: one order for everybody, out of nothing but the entries."""

MOST_BEYOND = 2**20

EMPTY = {"length": 0, "depth": 0, "time": 0, "atLeast": False, "cited": {}}


def advance(cursor, log, depth, time, heads, depth_at):
    """(cursor, flaws) after one more entry of `log`. `heads`: (log, length, tree hash)."""
    flaws = []
    cited = dict(cursor["cited"])
    least = cursor["depth"]
    complete = not cursor["atLeast"]
    previous = None
    for of, length, _ in heads:
        if of == log:
            flaws.append("ordering/citation-self")
            continue
        if length <= cited.get(of, 0) or (previous is not None and previous >= of):
            flaws.append("ordering/citation-order")
        else:
            cited[of] = length
        if length > 0:
            parent = depth_at(of, length)
            if parent is None:
                complete = False
            else:
                least = max(least, parent)
        previous = of
    right = depth == least + 1 if complete else least < depth <= least + MOST_BEYOND
    if not right:
        flaws.append("ordering/depth")
    after = {
        "length": cursor["length"] + 1,
        "depth": depth if right else least + 1,
        "time": max(time, cursor["time"]),
        "atLeast": False,
        "cited": cited,
    }
    return after, flaws


def skip(cursor):
    return {**cursor, "length": cursor["length"] + 1, "depth": cursor["depth"] + 1}


def skip_locked(cursor):
    return {**skip(cursor), "atLeast": True}


def order_key(depth, time, log, index):
    return depth, time, log, index
