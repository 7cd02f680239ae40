"""From raw click logs to batches: where data comes from, readers, splits, the synthetic log, tf.data input."""
