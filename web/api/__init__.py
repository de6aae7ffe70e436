"""What the routes of the API share: reading requests strictly, records, pages of lists, problems, idempotency, the OpenAPI document."""
