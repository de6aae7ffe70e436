"""What every other package speaks: records, settings, errors, URLs, logs, files."""
