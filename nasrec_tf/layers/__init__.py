"""HOW one operator computes: one Keras layer per file.

Inside the network a dense branch is `[B, N]` and a sparse branch `[B, D, F]`: transposed against the stacked
embeddings `[B, F, D]`, so that every projection, normalisation and concatenation works on the last axis.
"""
