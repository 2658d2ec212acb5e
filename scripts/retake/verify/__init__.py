"""Verdicts: math, code, the judge, refusals, persona and quality."""
