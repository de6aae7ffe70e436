"""A small web of written-for-the-purpose French sites, served on loopback, that the crawlers read like any other."""
