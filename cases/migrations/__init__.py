"""The steps by which the case database became what tables.py says."""
