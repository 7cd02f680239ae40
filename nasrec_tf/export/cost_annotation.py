"""A hardware cost report beside an exported model."""

from pathlib import Path

from nasrec_tf.atomic_file import write_text
from nasrec_tf.cost.report import CostReport
from nasrec_tf.errors import InvalidSpecError

# `assets.extra` is where TensorFlow Serving looks for files of its own (warm-up requests) beside a model.
COST_FILE = "assets.extra/hardware_cost.json"


def annotate_saved_model(path: str | Path, report: CostReport) -> Path:
    """Writes `report` into a SavedModel folder, in one step, and returns the file's path.

    Raises:
        InvalidSpecError: if `path` is no SavedModel folder.
    """
    folder = Path(path)
    if not any((folder / name).is_file() for name in ("saved_model.pb", "saved_model.pbtxt")):
        raise InvalidSpecError(
            f"`path` must be a SavedModel folder, one that holds saved_model.pb. Received: {folder}. "
            f"Give the folder of one model version, after the export."
        )
    file = folder / COST_FILE
    write_text(file, report.to_json() + "\n")
    return file
