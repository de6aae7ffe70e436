"""Judges content: sentences, scores, the passages that justify them."""
