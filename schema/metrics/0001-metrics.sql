-- Metrics: samples and what they are rolled up to. A file of its own: it may be lost, and evidence may not.

CREATE TABLE migrations (
  version    INTEGER PRIMARY KEY,
  name       TEXT    NOT NULL,
  digest     TEXT    NOT NULL,
  applied_at REAL    NOT NULL
) STRICT;

-- Every series that was ever seen. Points up to the tail row `cut` are in the three levels below.
CREATE TABLE series (
  id         INTEGER PRIMARY KEY,
  key        TEXT    NOT NULL UNIQUE,
  definition TEXT    NOT NULL,
  cut        INTEGER NOT NULL,
  last_at    REAL
) STRICT;

-- The newest points of all series in the order in which they came: one row for each flush.
CREATE TABLE tail (
  seq  INTEGER PRIMARY KEY,
  body BLOB    NOT NULL
) STRICT;

-- The levels. The id is block × 2^25 + series: what is oldest stands first, so that it is dropped from the front.
CREATE TABLE detail (
  id   INTEGER PRIMARY KEY,
  body BLOB    NOT NULL
) STRICT;

CREATE TABLE minutes (
  id   INTEGER PRIMARY KEY,
  body BLOB    NOT NULL
) STRICT;

CREATE TABLE hours (
  id   INTEGER PRIMARY KEY,
  body BLOB    NOT NULL
) STRICT;

-- Of each level: the bytes of its bodies, and the first block that is whole.
CREATE TABLE levels (
  name  TEXT    PRIMARY KEY,
  bytes INTEGER NOT NULL,
  floor INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO levels (name, bytes, floor) VALUES ('detail', 0, 0), ('minutes', 0, 0), ('hours', 0, 0);
