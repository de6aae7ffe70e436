"""What data protection asks for, as reviewed French texts (YAML) and as papers made from what the product really does."""
