"""Personas, variants, and the opening messages: pure functions."""
