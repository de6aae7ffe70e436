"""One module a group of pages; each route names its permission, see web/access.py."""
