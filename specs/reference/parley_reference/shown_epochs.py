"""specs/excerpt.md#epochs: what some entries of a log claim of epochs, held against each other."""

from . import epoch, room
from .errors import ProtocolError


class ShownEpochs:
    """Counts in entries that are left out: only they can have what is not shown."""

    def __init__(self, generation):
        self.generation = generation
        self.shown_so_far, self.left = 0, 0
        self.number, self.since, self.begun = 0, 0, 0
        # By chain: the last step that is shown, and how many entries had been left out.
        self.shown = {}
        self.prekey = epoch.PREKEYS_OF_LOG * generation - 1, 0

    def add(self, opened, index):
        """The codes of what is wrong with the next entry that is shown; then it changes nothing."""
        clear = opened["frame"]
        self.left = index - self.shown_so_far
        self.shown_so_far += 1
        try:
            if clear and clear["suite"] == 1:
                chain = "ephemeral" if clear["class"] == "ephemeral" else "history"
                self._check_number(clear["epoch"])
                if clear["step"] >= epoch.MOST_STEPS:
                    raise ProtocolError("epoch/step")
                self._check_steps(clear["epoch"], {chain: clear["step"]})
                self._enter(clear["epoch"], {chain: clear["step"]})
            if opened["body"] is not None and opened["header"]["kind"] in epoch.KINDS:
                self._add_event(room.decode_event(opened["header"]["kind"], clear["class"], opened["body"]))
        except ProtocolError as error:
            return [] if error.code == "entry/body" else [error.code]
        return []

    def _add_event(self, event):
        if event["type"] == "prekey-announced":
            before, left = self.prekey
            is_of_log = event["generation"] // epoch.PREKEYS_OF_LOG == self.generation
            if not is_of_log or not 0 <= event["generation"] - before - 1 <= self.left - left:
                raise ProtocolError("epoch/prekey")
            self.prekey = event["generation"], self.left
        if event["type"] == "epoch-started":
            if event["number"] == self.number:
                raise ProtocolError("epoch/number")
            self._check_number(event["number"], 1)
            self._enter(event["number"], {"history": -1, "ephemeral": -1})
        if event["type"] == "epoch-shared":
            steps = {chain: event[chain] for chain in ("history", "ephemeral")}
            self._check_number(event["number"])
            self._check_steps(event["number"], steps)
            self._enter(event["number"], {chain: step - 1 for chain, step in steps.items()})

    def _check_number(self, number, own=0):
        passed = number - self.number
        if number == 0 or passed < 0 or passed > max(0, self.left - self.since + own):
            raise ProtocolError("epoch/number")

    def _check_steps(self, number, steps):
        if number > self.number:
            if sum(steps.values()) + number - self.number > self.left - self.since:
                raise ProtocolError("epoch/step")
            return
        for chain, step in steps.items():
            before, left = self.shown.get(chain, (-1, self.begun))
            if not 0 <= step - before - 1 <= self.left - left:
                raise ProtocolError("epoch/step")

    def _enter(self, number, last):
        if number != self.number:
            self.begun, self.shown = self.since + number - self.number, {}
        self.shown = {**self.shown, **{chain: (step, self.left) for chain, step in last.items()}}
        self.number, self.since = number, self.left
