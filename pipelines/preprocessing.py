"""The transforms of `nr.FeatureSchema` in TensorFlow operations, for training and serving alike."""

from collections.abc import Mapping
from typing import Any

import nasrec_tf as nr
from nasrec_tf.config import parse_config
from nasrec_tf.legacy_keras import tf

# Names of the transformed features: one tensor for all numbers and one for all ids, so that training parses three
# features of a row, not forty.
DENSE, SPARSE, LABEL = "dense", "sparse", "label"

_MAX_HEXADECIMAL_DIGITS = 8  # 32-bit hashes
_MAX_INTEGER_DIGITS = 18  # what int64 surely holds
_MAX_CELL_BYTES = 64  # the readers refuse longer cells
# Source: the reference implementation folds Avazu's values by this prime before hashing.
_DECIMAL_MODULUS = 2**31 - 1
_MINUS = ord("-")
_DIGITS = b"0123456789abcdefABCDEF"
_DIGIT_VALUES = (*range(16), *range(10, 16))


def preprocessing_fn(inputs: Mapping[str, Any], custom_config: Mapping[str, Any]) -> dict[str, Any]:
    """Transforms a batch of raw rows; called by the Transform component."""
    schema = parse_config(custom_config["schema"], nr.FeatureSchema, where="custom_config of Transform")
    return {**encode_features(inputs, schema), LABEL: inputs[schema.label]}


def encode_features(inputs: Mapping[str, Any], schema: nr.FeatureSchema) -> dict[str, Any]:
    """Computes what the NumPy encoder of `nr.load_dataset` does; a test holds the two together.

    Shapes:
        inputs: `[B]` float32 (missing or 0: 0) or string (missing: empty) each.
        returns: {"dense": `[B, N]` float32, "sparse": `[B, F]` int64}.
    """
    return {DENSE: _encode_dense(inputs, schema), SPARSE: _encode_sparse(inputs, schema)}


def _encode_dense(inputs: Mapping[str, Any], schema: nr.FeatureSchema) -> Any:
    zero = tf.zeros(tf.shape(inputs[schema.sparse[0].name]), tf.float32)
    columns = [zero if feature.transform == "zero" else inputs[feature.name] for feature in schema.dense]
    numbers = tf.cast(tf.stack(columns, axis=1), tf.float64)
    numbers = tf.where(tf.math.is_finite(numbers), numbers, tf.zeros_like(numbers))
    is_log = tf.constant([feature.transform == "log" for feature in schema.dense])
    logs = tf.math.log(tf.maximum(numbers, 0.0) + 1.0)
    return tf.cast(tf.where(is_log, logs, numbers), tf.float32)


def _encode_sparse(inputs: Mapping[str, Any], schema: nr.FeatureSchema) -> Any:
    """Encodes all columns of the same encoding at once, then puts them back into the schema's order."""
    rows, order = [], []
    for encoding, encode in (
        ("hexadecimal", _hash_hexadecimal),
        ("decimal_or_hexadecimal", _hash_decimal_or_hexadecimal),
        ("integer", _look_up_integer),
    ):
        columns = [index for index, feature in enumerate(schema.sparse) if feature.encoding == encoding]
        if columns:
            features = [schema.sparse[index] for index in columns]
            rows.append(encode(tf.stack([inputs[feature.name] for feature in features], axis=1), features))
            order += columns
    return tf.gather(tf.concat(rows, axis=1), [order.index(index) for index in range(schema.num_sparse)], axis=1)


def _hash_hexadecimal(cells: Any, features: list[nr.SparseFeature]) -> Any:
    value, valid = _parse_digits(cells, 16, _MAX_HEXADECIMAL_DIGITS)
    return _hash(value, valid, features)


def _hash_decimal_or_hexadecimal(cells: Any, features: list[nr.SparseFeature]) -> Any:
    decimal, is_decimal = _parse_digits(cells, 10, _MAX_CELL_BYTES, is_signed=True, modulus=_DECIMAL_MODULUS)
    hexadecimal, is_hexadecimal = _parse_digits(cells, 16, _MAX_HEXADECIMAL_DIGITS)
    value = tf.math.floormod(tf.where(is_decimal, decimal, hexadecimal), _DECIMAL_MODULUS)
    return _hash(value, is_decimal | is_hexadecimal, features)


def _hash(value: Any, valid: Any, features: list[nr.SparseFeature]) -> Any:
    num_hashes = tf.constant([feature.vocabulary_size - 1 for feature in features], tf.int64)
    return tf.where(valid, tf.math.floormod(value, num_hashes) + 1, tf.zeros_like(value))


def _look_up_integer(cells: Any, features: list[nr.SparseFeature]) -> Any:
    value, valid = _parse_digits(cells, 10, _MAX_INTEGER_DIGITS, is_signed=True)
    row = value - tf.constant([feature.first_id - 1 for feature in features], tf.int64)
    valid &= (row >= 1) & (row < tf.constant([feature.vocabulary_size for feature in features], tf.int64))
    return tf.where(valid, row, tf.zeros_like(row))


def _parse_digits(
    cells: Any, base: int, max_digits: int, *, is_signed: bool = False, modulus: int | None = None
) -> tuple[Any, Any]:
    """Evaluates strings of digits: every digit times its power of `base`, powers taken modulo `modulus`.

    Shapes:
        cells: `[B, F]` string. returns: the value and whether there is one, `[B, F]` int64 and bool.
    """
    width = max_digits + is_signed
    characters = tf.cast(tf.io.decode_raw(cells, tf.uint8, fixed_length=width), tf.int32)  # [B, F, width]
    length = tf.strings.length(cells)
    if is_signed:
        is_negative = characters[..., 0] == _MINUS
        shifted = tf.pad(characters[..., 1:], [[0, 0], [0, 0], [0, 1]])
        characters = tf.where(is_negative[..., None], shifted, characters)
        length -= tf.cast(is_negative, tf.int32)
    value_of = [-1] * 256
    for character, digit in zip(_DIGITS, _DIGIT_VALUES, strict=True):
        value_of[character] = digit if digit < base else -1
    digits = tf.gather(tf.constant(value_of, tf.int64), characters)
    power = length[..., None] - 1 - tf.range(width)  # below 0 behind the last digit
    powers = tf.constant([pow(base, exponent, modulus) for exponent in range(max_digits)], tf.int64)
    weights = tf.gather(powers, tf.clip_by_value(power, 0, max_digits - 1))
    is_digit = (digits >= 0) & (power >= 0)
    value = tf.reduce_sum(tf.where(is_digit, digits * weights, tf.zeros_like(digits)), axis=-1)
    valid = tf.reduce_all(is_digit | (power < 0), axis=-1) & (length > 0) & (length <= max_digits)
    if modulus is not None:
        value = tf.math.floormod(value, modulus)
    if is_signed:
        value = tf.where(is_negative, -value, value)
    return value, valid
