"""Baselines by name."""

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from nasrec_tf.baselines.dlrm import DLRM
from nasrec_tf.baselines.logistic_regression import LogisticRegression
from nasrec_tf.errors import InvalidSpecError
from nasrec_tf.space.feature_schema import FeatureSchema

BASELINES: MappingProxyType[str, Callable[..., Any]] = MappingProxyType(
    {"logistic_regression": LogisticRegression, "dlrm": DLRM}
)


def build_baseline(name: str, schema: FeatureSchema, *, seed: int = 0) -> Any:
    """Returns an untrained baseline: features -> logits `[B, 1]`.

    Raises:
        InvalidSpecError: if `name` is not one of `BASELINES`.
    """
    if name not in BASELINES:
        raise InvalidSpecError(f"`name` must be one of {sorted(BASELINES)}. Received: {name!r}.")
    return BASELINES[name](schema, seed=seed)
