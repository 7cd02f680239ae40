"""NumPy twins: each operator written again, from the paper's formulas, on arrays that are already cut to size.

Shapes are those of the layers: dense `[B, N]`, sparse `[B, D, F]`. `weights` maps a projection's name to its arrays.
"""

import numpy as np


def normalise(values, weights):
    centred = values - values.mean(axis=-1, keepdims=True)
    deviation = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5)
    return centred / deviation * weights["scale"] + weights["offset"]


def project(values, weights):
    results = values @ weights["kernel"]
    return normalise(results, weights) if "scale" in weights else results + weights["bias"]


def fully_connected(dense, sparse, weights, width):
    return np.maximum(project(dense, weights["projection"]), 0)


def elastic_fully_connected(dense, sparse, weights, width):
    return np.maximum(project(sparse, weights["projection"]), 0)


def dot_product(dense, sparse, weights, width):
    if "dense_projection" in weights:
        dense = project(dense, weights["dense_projection"])
    if "sparse_projection" in weights:
        sparse = project(sparse, weights["sparse_projection"])
    rows = [dense, *np.moveaxis(sparse, -1, 0)]
    pairs = [(rows[i] * rows[j]).sum(axis=-1) for i in range(len(rows)) for j in range(i)]
    return project(np.stack(pairs, axis=-1), weights["pair_projection"])


def factorization_machine_merger(dense, sparse, weights, width):
    interaction = sparse.sum(axis=-1) ** 2 - (sparse**2).sum(axis=-1)
    return project(interaction, weights["projection"]) if "projection" in weights else interaction


def dense_to_sparse_merger(dense, sparse, weights, width):
    if "projection" in weights:
        dense = project(dense, weights["projection"])
    return dense.reshape(len(dense), width, -1).transpose(0, 2, 1)
