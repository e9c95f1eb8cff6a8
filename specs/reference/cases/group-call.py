SPEC = "group-call.md"
NOTE = "Who has a seat in a call of up to thirteen devices, whether it goes by fan-out, and what names a link between two of them. Devices are made from seeds; `there` are the devices that are there."

from parley_reference import group_call
from parley_reference.encoding import encode

from .cast import seed

CALL, OTHER = seed(0x81)[:16], seed(0x82)[:16]
DEVICES = [seed(0x90 + number) for number in range(13)]


def cases():
    ada, ben, cyd, dov, eve = DEVICES[:5]
    twelve = [came(device, 3 + number) for number, device in enumerate(DEVICES[:12])]
    last = DEVICES[12]
    four = [came(ada, 3), came(ben, 5), came(cyd, 5, time=9), came(dov, 8)]
    yield seats("four who came, each knowing of those before", four)
    yield seats("the same, as they came to somebody else", [four[2], four[0], four[3], four[1]])
    yield seats("a fifth, by whom it goes by fan-out", [*four, came(eve, 9)])
    yield seats("a fifth, after one has left", [*four, left(ben, 9), came(eve, 10)])
    yield seats("a thirteenth, who has no seat", [*twelve, came(last, 20)])
    yield seats("a thirteenth who claims to have come before them", [*twelve, came(last, 2)])
    yield seats("the seat of who is not there any more goes to the next", [*twelve, came(last, 20)], there=[*DEVICES[:4], *DEVICES[5:]])
    yield seats("who left and came again comes last", [*four, left(ada, 9), came(ada, 10)])
    yield seats("the same, the last entry first", [came(ada, 10), left(ada, 9), *four])
    yield seats("who went on to another call is not in this one", [*four, came(ben, 9, call=OTHER)])
    yield seats("who left another call is in none", [*four, left(cyd, 9, call=OTHER)])
    yield seats("two in the same place of two logs: the lesser log comes first", [came(ben, 4, log=2), came(ada, 4, log=1), *four[2:], came(eve, 4, log=3)])
    ada_ben = [CALL, [seed(0x91), ada], [seed(0x92), ben]]
    yield link("an offer of Ada to Ben", [*ada_ben, b"a description"])
    yield link("the next one", [*ada_ben, b"another description"])


def came(device, depth, time=1, log=None, call=CALL):
    return {"kind": "call-joined", "call": call, "device": device, "order": place(device, depth, time, log)}


def left(device, depth, call=CALL):
    return {"kind": "call-left", "call": call, "device": device, "order": place(device, depth, 1, None)}


def place(device, depth, time, log):
    return {"depth": depth, "time": time, "log": seed(0xA0 + log) if log else device, "index": depth}


def seats(title, entries, there=DEVICES):
    given = {"call": CALL, "entries": entries, "there": there}
    return {"title": title, "section": "seats", "input": given, "expect": told(group_call.seats(entries, CALL, there))}


def told(seated):
    return {"seats": seated, "isFanOut": group_call.is_fan_out(seated)}


def link(title, offer):
    plaintext = encode(offer)
    digest, tunnel = group_call.link(plaintext)
    return {"title": title, "section": "links", "input": {"plaintext": plaintext}, "steps": {"hash": digest}, "expect": {"tunnel": tunnel}}
