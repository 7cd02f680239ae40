"""Operators wired into models: choice block, network, supernet, subnet, and the weights that pass between them."""
