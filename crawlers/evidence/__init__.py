"""The archive and its proof: WARC records, what they show of a document, sealed bundles."""
