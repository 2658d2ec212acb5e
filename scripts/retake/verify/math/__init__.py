"""Mathematics: is a candidate's final answer equivalent to the reference?"""

from retake.verify.math.verifier import Equivalence, MathVerifier

__all__ = ["Equivalence", "MathVerifier"]
