"""Honest statistics: samples are the unit, the candidates of a sample are a cluster, undefined is NaN."""
