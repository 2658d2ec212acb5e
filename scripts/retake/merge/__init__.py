"""Rows, selection, parquet, trajectories, exports."""
