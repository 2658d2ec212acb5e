"""retake: every candidate answer is a file; a change recomputes exactly what depends on it."""
