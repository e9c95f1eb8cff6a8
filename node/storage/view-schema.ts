/** The tables of the view store: whatever changes here makes every store begin anew. */
export const viewSchemaVersion = 4

export const viewSchema = `
  CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE room(id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, read_depth INTEGER NOT NULL DEFAULT -1, read_time INTEGER NOT NULL DEFAULT -1);
  CREATE TABLE log(id INTEGER PRIMARY KEY, room INTEGER NOT NULL, key TEXT NOT NULL UNIQUE, length INTEGER NOT NULL, state TEXT NOT NULL);
  CREATE TABLE entry(
    log INTEGER NOT NULL, idx INTEGER NOT NULL, room INTEGER NOT NULL, depth INTEGER NOT NULL, time INTEGER NOT NULL, stamp INTEGER NOT NULL,
    tree BLOB NOT NULL, type TEXT NOT NULL, shown INTEGER NOT NULL, call TEXT, text TEXT NOT NULL, flaw TEXT, late INTEGER NOT NULL,
    hidden TEXT, PRIMARY KEY(log, idx)) WITHOUT ROWID;
  CREATE INDEX entry_order ON entry(room, depth, time) WHERE shown;
  CREATE INDEX entry_name ON entry(log, idx) WHERE type IN ('joined', 'name-changed');
  CREATE INDEX entry_call ON entry(room, call) WHERE call IS NOT NULL;
  CREATE INDEX entry_unread ON entry(room, log, text) WHERE type IN ('locked', 'withheld', 'locked-other', 'withheld-other');
  CREATE TABLE operation(log INTEGER NOT NULL, idx INTEGER NOT NULL, room INTEGER NOT NULL, id BLOB NOT NULL, kind TEXT NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY(log, idx)) WITHOUT ROWID;
  CREATE INDEX operation_room ON operation(room);
  CREATE TABLE epoch(log INTEGER NOT NULL, idx INTEGER NOT NULL, room INTEGER NOT NULL, kind TEXT NOT NULL, body BLOB NOT NULL, about TEXT NOT NULL,
    PRIMARY KEY(log, idx)) WITHOUT ROWID;
  CREATE INDEX epoch_room ON epoch(room);
`
