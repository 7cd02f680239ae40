"""Exporting a trained network as a SavedModel that reads serialized rows, preprocessing inside."""

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nasrec_tf.atomic_file import replace_folder
from nasrec_tf.errors import InvalidSpecError
from nasrec_tf.legacy_keras import tf

Preprocess = Callable[[Any], Mapping[str, Any]]

_FEATURES = ("dense", "sparse")


class _Servable(tf.Module):
    """What the SavedModel holds: the weights, what preprocessing holds, and the one function it serves."""

    def __init__(self, model: Any, preprocess: Preprocess) -> None:
        super().__init__(name="servable")
        # The weights rather than the model: Keras would trace and save its own call functions beside ours.
        self.weights = list(model.weights)
        self.preprocess = preprocess
        self._compute_logits: Callable[[Any], Any] = functools.partial(model, training=False)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")], autograph=False)
    def serve(self, examples: Any) -> dict[str, Any]:
        features = self.preprocess(examples)
        logit = tf.squeeze(self._compute_logits({name: features[name] for name in _FEATURES}), axis=1)
        return {"ctr": tf.sigmoid(logit), "logit": logit}


def export_saved_model(model: Any, path: str | Path, *, preprocess: Preprocess) -> Path:
    """Writes `model` as a SavedModel folder in one step and returns the folder.

    The folder serves one signature, `serving_default`, made of TensorFlow operations only: a client sends rows as they
    stood in the training files, so that training and serving cannot differ.

    Args:
        model: `{"dense", "sparse"}` -> logits `[B, 1]`, such as `nr.build_subnet` returns.
        preprocess: serialized rows -> `{"dense", "sparse"}`, in TensorFlow operations. If it uses tables, variables or
            another SavedModel, give a callable `tf.Module` that has them as attributes.

    Shapes:
        serving_default: `examples` `[B]` string -> `ctr` `[B]` and `logit` `[B]` float32.
    Raises:
        InvalidSpecError: if `preprocess` uses a resource that it does not hold, or lacks `dense` or `sparse`.
    """
    path = Path(path)
    servable = _Servable(model, preprocess)
    try:
        with replace_folder(path) as temporary:
            tf.saved_model.save(servable, str(temporary), signatures={"serving_default": servable.serve})
    except (AssertionError, KeyError) as error:  # what TensorFlow raises for a resource nobody holds; a missing feature
        raise InvalidSpecError(
            f"`preprocess` must return `dense` and `sparse` and hold every resource it uses, as a tf.Module with its "
            f"tables as attributes does. Received: {preprocess!r}, which gave: {' '.join(str(error).split())[:300]}."
        ) from error
    return path
