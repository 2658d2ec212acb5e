"""Requests, the call store, and the client that asks each of them once."""
