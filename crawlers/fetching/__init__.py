"""Asks for pages and for nothing else: which addresses may be reached, when each host may be asked again, what a site forbids."""
