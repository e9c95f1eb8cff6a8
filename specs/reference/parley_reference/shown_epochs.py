"""specs/excerpt.md#epochs: what some entries of a log claim of epochs, held against each other."""

from . import epoch, room
from .errors import ProtocolError


class ShownEpochs:
    def __init__(self, generation):
        self.generation = generation
        self.number, self.since = 0, 0
        # By chain: the last step that is shown, and its index.
        self.shown = {}
        self.prekey = None

    def add(self, opened, index):
        """The codes of what is wrong with the next entry that is shown; then it changes nothing."""
        clear = opened["frame"]
        try:
            if clear and clear["suite"] == 1:
                chain = "ephemeral" if clear["class"] == "ephemeral" else "history"
                self._check_number(clear["epoch"], index - 1)
                if clear["step"] >= epoch.MOST_STEPS:
                    raise ProtocolError("epoch/step")
                self._check_steps(clear["epoch"], {chain: clear["step"]}, index)
                self._enter(clear["epoch"], {chain: (clear["step"], index)}, index)
            if opened["body"] is not None and opened["header"]["kind"] in epoch.KINDS:
                self._add_event(room.decode_event(opened["header"]["kind"], clear["class"], opened["body"]), index)
        except ProtocolError as error:
            return [] if error.code == "entry/body" else [error.code]
        return []

    def _add_event(self, event, index):
        if event["type"] == "prekey-announced":
            first = epoch.PREKEYS_OF_LOG * self.generation
            before, at = self.prekey or (first - 1, 0)
            passed = event["generation"] - before - 1
            is_of_log = first <= event["generation"] < first + epoch.PREKEYS_OF_LOG
            if not is_of_log or not 0 <= passed <= index - at - 1:
                raise ProtocolError("epoch/prekey")
            self.prekey = event["generation"], index
        if event["type"] == "epoch-started":
            if event["number"] == self.number:
                raise ProtocolError("epoch/number")
            self._check_number(event["number"], index)
            self._enter(event["number"], {"history": (-1, index), "ephemeral": (-1, index)}, index)
        if event["type"] == "epoch-shared":
            steps = {chain: event[chain] for chain in ("history", "ephemeral")}
            self._check_number(event["number"], index - 1)
            self._check_steps(event["number"], steps, index)
            self._enter(event["number"], {chain: (step - 1, index) for chain, step in steps.items()}, index)

    def _check_number(self, number, last):
        passed = number - self.number
        if number == 0 or not (passed == 0 or 0 < passed <= last - self.since):
            raise ProtocolError("epoch/number")

    def _check_steps(self, number, steps, index):
        if number > self.number:
            if sum(steps.values()) + number - self.number > index - self.since - 1:
                raise ProtocolError("epoch/step")
            return
        for chain, step in steps.items():
            before, at = self.shown.get(chain, (-1 - number, 0))
            if not 0 <= step - before - 1 <= index - at - 1:
                raise ProtocolError("epoch/step")

    def _enter(self, number, shown, index):
        self.shown = {**(self.shown if number == self.number else {}), **shown}
        self.number, self.since = number, index
