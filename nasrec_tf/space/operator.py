"""The operators a choice block may hold, their place in the reference's JSON, and the sizes they fix.

Source:
    NASRec section 3 and the reference code's node order.
"""

from types import MappingProxyType

FULLY_CONNECTED = "fully_connected"
DOT_PRODUCT = "dot_product"
ELASTIC_FULLY_CONNECTED = "elastic_fully_connected"

DENSE_OPERATORS = (FULLY_CONNECTED, DOT_PRODUCT)
SPARSE_OPERATORS = (ELASTIC_FULLY_CONNECTED,)

# `config` of a released JSON -> operator of each node index, in the reference's order.
REFERENCE_NODES = MappingProxyType({"autoctr": (FULLY_CONNECTED, DOT_PRODUCT, ELASTIC_FULLY_CONNECTED)})

# Rows (and width before the reshape, times the embedding size) that the dense-to-sparse merger adds.
MERGER_ROWS = 8


def dot_product_rows(width: int) -> int:
    """Rows `k` to which a balanced dot-product brings its sparse input: `round(sqrt(2 * width))`.

    Source:
        NASRec section 3.1, "operator balancing".
    """
    return round((2 * width) ** 0.5)


def dot_product_pairs(width: int) -> int:
    """Pairs below the diagonal of the `(k + 1) x (k + 1)` product matrix: `k (k + 1) / 2`."""
    rows = dot_product_rows(width)
    return rows * (rows + 1) // 2
