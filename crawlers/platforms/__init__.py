"""What each platform's pages and answers say: pure functions from a page to the items on it."""
