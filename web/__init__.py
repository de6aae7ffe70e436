"""The console and the API: server-rendered pages in French, JSON for programs."""
