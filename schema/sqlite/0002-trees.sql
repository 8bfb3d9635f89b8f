-- A checkpoint now also signs the Merkle tree over the records that it adds, so that one record can be proven alone.
-- NULL: signed before there were trees. Such a checkpoint stays as good as it was.
ALTER TABLE checkpoints ADD COLUMN tree_size INTEGER;
ALTER TABLE checkpoints ADD COLUMN tree_root TEXT;
