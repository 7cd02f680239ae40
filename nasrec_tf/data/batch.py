"""`batches`: an encoded click log as tf.data batches."""

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from nasrec_tf.data.click_log import ClickLog
from nasrec_tf.errors import DataError
from nasrec_tf.legacy_keras import tf


def batches(
    log: ClickLog, batch_size: int, *, seed: int | None = None, epochs: int | None = 1, drop_remainder: bool = False
) -> tf.data.Dataset:
    """Returns the dataset of `({"dense", "sparse"}, label)` batches.

    Args:
        seed: shuffles all rows, in another order in every epoch; None keeps the order of the log. Iterating the
            result again repeats the same orders.
        epochs: how often the log is gone through, None for without end. Batches do not span epochs.
        drop_remainder: leaves out the last, smaller batch of every epoch.

    Shapes:
        dense: `[B, N]` float32. sparse: `[B, F]` int64. label: `[B, 1]` float32.
    Raises:
        DataError: if `batch_size` or `epochs` is below 1, or not a single batch would come of it.
    """
    if batch_size < 1 or (epochs is not None and epochs < 1):
        raise DataError(f"`batch_size` and `epochs` must be at least 1. Received: {batch_size}, {epochs}.")
    num_batches = len(log) // batch_size if drop_remainder else -(-len(log) // batch_size)
    if not num_batches:
        raise DataError(
            f"`batch_size` must leave at least one batch of the log's {len(log)} rows. Received: {batch_size} with "
            f"drop_remainder={drop_remainder}."
        )

    # A generator over index arrays: the log stays the only copy of its rows, at whatever size.
    def generate() -> Iterator[tuple[dict[str, npt.NDArray[Any]], npt.NDArray[np.float32]]]:
        for epoch in itertools.count() if epochs is None else range(epochs):
            order = None if seed is None else np.random.default_rng([seed, epoch]).permutation(len(log))
            for start in range(0, num_batches * batch_size, batch_size):
                rows = slice(start, start + batch_size) if order is None else order[start : start + batch_size]
                yield {"dense": log.dense[rows], "sparse": log.sparse[rows]}, log.label[rows, None]

    size = batch_size if drop_remainder else None
    signature = (
        {
            "dense": tf.TensorSpec([size, log.dense.shape[1]], tf.float32),
            "sparse": tf.TensorSpec([size, log.sparse.shape[1]], tf.int64),
        },
        tf.TensorSpec([size, 1], tf.float32),
    )
    dataset = tf.data.Dataset.from_generator(generate, output_signature=signature)
    cardinality = tf.data.INFINITE_CARDINALITY if epochs is None else num_batches * epochs
    return dataset.apply(tf.data.experimental.assert_cardinality(cardinality)).prefetch(tf.data.AUTOTUNE)
