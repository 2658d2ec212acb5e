"""Mathematics: is a candidate's final answer equivalent to the reference?"""

from .verifier import Equivalence, MathVerifier

__all__ = ["Equivalence", "MathVerifier"]
