"""What a raw row must look like, as a TensorFlow Metadata schema: the contract that rows are validated against."""

from collections.abc import Mapping
from typing import Any

from tensorflow_metadata.proto.v0 import schema_pb2

import nasrec_tf as nr
from nasrec_tf.legacy_keras import tf


def raw_dense_names(schema: nr.FeatureSchema) -> tuple[str, ...]:
    """Returns the numbers that stand in a row; a "zero" feature does not."""
    return tuple(feature.name for feature in schema.dense if feature.transform != "zero")


def raw_schema(schema: nr.FeatureSchema) -> schema_pb2.Schema:
    """Describes raw tf.Example rows: what may be missing in a row, may not be missing in all of them.

    It is written from the features rather than inferred from the rows (SchemaGen), since what is inferred from
    poisoned rows calls them normal. A missing number parses as 0, a missing category as the empty string.
    """
    described = schema_pb2.Schema()
    tensors = described.tensor_representation_group[""].tensor_representation
    for name in raw_dense_names(schema):
        feature = _add_feature(described, name, schema_pb2.FLOAT)
        feature.float_domain.disallow_nan = True
        feature.float_domain.disallow_inf = True
        tensors[name].dense_tensor.default_value.float_value = 0.0
    for name in schema.sparse_names:
        _add_feature(described, name, schema_pb2.BYTES)
        tensors[name].dense_tensor.default_value.bytes_value = b""
    label = _add_feature(described, schema.label, schema_pb2.INT)
    label.presence.min_fraction = 1.0
    label.int_domain.min, label.int_domain.max = 0, 1
    for feature in described.feature:
        tensors[feature.name].dense_tensor.column_name = feature.name
        tensors[feature.name].dense_tensor.shape.SetInParent()
    return described


def raw_feature_spec(schema: nr.FeatureSchema) -> Mapping[str, Any]:
    """Returns how a served model parses a raw row: as `raw_schema` says, without the label."""
    numbers = {name: tf.io.FixedLenFeature([], tf.float32, default_value=0.0) for name in raw_dense_names(schema)}
    categories = {name: tf.io.FixedLenFeature([], tf.string, default_value="") for name in schema.sparse_names}
    return {**numbers, **categories}


def _add_feature(described: schema_pb2.Schema, name: str, kind: int) -> Any:
    feature = described.feature.add(name=name, type=kind)
    feature.value_count.min = feature.value_count.max = 1
    feature.presence.min_count = 1
    return feature
