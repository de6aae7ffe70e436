"""Copies and rewordings of one text, found while documents are published."""
