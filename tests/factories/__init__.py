"""Rows for tests, made inside a context that serves a retailer. One module for each app."""
