"""Signatures, SavedModels and their cost annotation."""
