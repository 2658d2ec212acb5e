"""Answering: the requests of candidates, tool conversations, and bulk answering by workers and batches."""
