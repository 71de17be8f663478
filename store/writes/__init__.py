"""Writing, one file per way a record is kept: facts, versions, tracks, steps, statics, rejects."""
