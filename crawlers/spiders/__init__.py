"""One module per kind of source: its options (what its YAML adds), its parsing in pure functions, its spider."""
