"""A plain, slow reading of the documents in specs/. It shares no code with protocol/."""
