"""`Servable`: one loaded version of a model."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from serving.prediction import Input, Signature
from serving.protocol import SavedModel, SignatureDefMap, tf

_SERVE_TAG = "serve"
_MAX_VERSION = 2**63 - 1


# Compared by identity (eq=False): it is weakly referenced, to learn when its last request is done.
@dataclass(frozen=True, eq=False)
class Servable:
    """A model version that answers requests.

    Attributes:
        model: the loaded object; it keeps the tables and variables alive that the signatures read.
        signature_defs: what GetModelMetadata tells clients.
    """

    name: str
    version: int
    model: tf.Module
    signatures: Mapping[str, Signature]
    signature_defs: SignatureDefMap


def find_versions(base_path: Path) -> dict[int, Path]:
    """Finds the version folders, by number; everything whose name is no number is ignored.

    Raises:
        OSError: if `base_path` cannot be listed.
    """
    versions = {}
    for path in sorted(base_path.iterdir()):
        if path.name.isascii() and path.name.isdigit() and path.is_dir() and int(path.name) <= _MAX_VERSION:
            versions[int(path.name)] = path
    return versions


def load_servable(name: str, version: int, path: Path) -> Servable:
    """Loads a SavedModel completely.

    Raises:
        Exception: whatever TensorFlow raises on a broken one; there is no list.
    """
    model = tf.saved_model.load(str(path), tags=[_SERVE_TAG])
    definitions = _read_signature_defs(path)
    signatures = {}
    for key, function in model.signatures.items():
        definition = definitions.signature_def[key]
        inputs = {
            alias: Input(info.name, tf.TensorSpec(tf.TensorShape(info.tensor_shape), tf.as_dtype(info.dtype)))
            for alias, info in definition.inputs.items()
        }
        signatures[key] = Signature(key, function, inputs, tuple(sorted(definition.outputs)))
    return Servable(name, version, model, signatures, definitions)


def _read_signature_defs(path: Path) -> SignatureDefMap:
    saved_model = SavedModel.FromString((path / "saved_model.pb").read_bytes())
    graph = next(graph for graph in saved_model.meta_graphs if set(graph.meta_info_def.tags) == {_SERVE_TAG})
    definitions = SignatureDefMap()
    for key, definition in graph.signature_def.items():
        definitions.signature_def[key].CopyFrom(definition)
    return definitions
