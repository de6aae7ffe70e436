"""What the pages of dossiers show and take."""
