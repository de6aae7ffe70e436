"""Vigie in Kibana 8.19: saved objects, a space and a role, built from the tables of fields and of panels."""
