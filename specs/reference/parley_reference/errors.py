class ProtocolError(Exception):
    """Something broke a rule of specs/. The code is the one that the document names."""

    def __init__(self, code, detail=""):
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
