-- The first store: machines, their journal, outbox, wakes, fences, evidence and runs.

CREATE TABLE migrations (
  version    INTEGER PRIMARY KEY,
  name       TEXT    NOT NULL,
  -- SHA-256 of the file as it was applied: a migration that changes afterwards is refused.
  digest     TEXT    NOT NULL,
  applied_at REAL    NOT NULL
) STRICT;

CREATE TABLE machines (
  machine TEXT    PRIMARY KEY,
  version INTEGER NOT NULL,
  state   TEXT    NOT NULL
) STRICT;

-- Every event that was taken up, for rehearsals; kept for 90 days.
CREATE TABLE journal (
  position INTEGER PRIMARY KEY,
  at       REAL    NOT NULL,
  machine  TEXT    NOT NULL,
  version  INTEGER NOT NULL,
  event    TEXT    NOT NULL
) STRICT;
CREATE INDEX journal_at ON journal (at);

CREATE TABLE outbox (
  position INTEGER PRIMARY KEY,
  key      TEXT    NOT NULL UNIQUE,
  machine  TEXT    NOT NULL,
  effect   TEXT    NOT NULL
) STRICT;

-- Instants are REAL: a jittered wake may lie between two milliseconds, and comes back as it was written.
CREATE TABLE wakes (
  machine TEXT NOT NULL,
  name    TEXT NOT NULL,
  at      REAL NOT NULL,
  PRIMARY KEY (machine, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE fences (
  subject TEXT    PRIMARY KEY,
  epoch   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- `text` holds the canonical JSON (RFC 8785) exactly as it was hashed. What can be asked for is generated from it and
-- never stored beside it, so that there is no second copy that could say something else.
CREATE TABLE evidence (
  seq     INTEGER PRIMARY KEY,
  hash    TEXT    NOT NULL,
  text    TEXT    NOT NULL,
  machine TEXT GENERATED ALWAYS AS (CASE WHEN json_valid(text) THEN json_extract(text, '$.machine') END) VIRTUAL,
  type    TEXT GENERATED ALWAYS AS (CASE WHEN json_valid(text) THEN json_extract(text, '$.type') END) VIRTUAL
) STRICT;
CREATE INDEX evidence_machine ON evidence (machine, seq);
CREATE INDEX evidence_type ON evidence (type, seq);

-- Against accidents. Against intent there is the chain.
CREATE TRIGGER evidence_is_never_changed BEFORE UPDATE ON evidence
BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER evidence_is_never_deleted BEFORE DELETE ON evidence
BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;

CREATE TABLE checkpoints (
  seq       INTEGER PRIMARY KEY,
  hash      TEXT    NOT NULL,
  at        REAL    NOT NULL,
  signature TEXT    NOT NULL,
  key_id    TEXT    NOT NULL
) STRICT;

-- One row for each run of `sereno up`. A run without an end that is followed by another one ended uncleanly.
CREATE TABLE runs (
  run        INTEGER PRIMARY KEY,
  pid        INTEGER NOT NULL,
  started_at REAL    NOT NULL,
  ended_at   REAL,
  ended      TEXT CHECK (ended IN ('clean', 'unclean'))
) STRICT;
