"""Crawl, score, publish: plain functions that may be killed and run again, and the Prefect flows that compose them."""
