"""Adapters: one file per KIND of source. They fetch and parse, nothing else."""
