"""Versions of models: what a file holds, who signed it, which engine serves it, how it leaves again."""
