"""What must not be kept leaves the archive: opt-outs, ended retention periods, parts of an answer; and the proof that it is gone."""
