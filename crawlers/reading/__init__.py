"""From what a site sent to what people see on it. Pure: nothing here opens a file or a connection."""
