"""What leaves the house on paper: one pure record that PDF, DOCX, HTML and plain text all show."""
