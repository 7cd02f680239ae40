"""Searching a space through keras-tuner: variation, oracle, shared-weight evaluation, tuner."""
