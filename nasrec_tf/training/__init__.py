"""Supernet training, training from scratch, optimiser, learning rate and evaluation."""
