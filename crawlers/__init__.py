"""Gathers public pages, politely and with evidence."""
