"""Is an answer equivalent to the reference?"""
