"""The experiment: its model, loading and precedence, and dated facts of models."""
