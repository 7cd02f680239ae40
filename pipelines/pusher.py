"""`Pusher` that never lets a server see a half-written version."""

import shutil
import time
from pathlib import Path
from typing import Any

from tfx import components
from tfx.components.pusher import executor as stock
from tfx.dsl.components.base.executor_spec import ExecutorClassSpec
from tfx.proto import pusher_pb2
from tfx.types import artifact_utils
from tfx.utils import proto_utils

from nasrec_tf.atomic_file import replace_folder


class Executor(stock.Executor):
    """Copies under a dot-name, which no server takes for a version, in the same file system, then renames.

    The stock executor copies into the version's folder itself and puts `saved_model.pb` last: after a kill the folder
    stays there, and what stands beside `saved_model.pb` (the cost report) may be missing.
    """

    def Do(self, input_dict: Any, output_dict: Any, exec_properties: Any) -> None:  # noqa: N802 (TFX's name)
        """Pushes if blessed, and records on the output artifact whether and where it did."""
        pushed = artifact_utils.get_single_instance(output_dict["pushed_model"])
        if not self.CheckBlessing(input_dict):
            pushed.set_int_custom_property("pushed", 0)
            return
        destination = pusher_pb2.PushDestination()
        proto_utils.json_to_proto(exec_properties["push_destination"], destination)
        base = Path(destination.filesystem.base_directory)
        model = self.GetModelPath(input_dict)
        version = push_version(Path(model), base)
        shutil.copytree(model, pushed.uri, dirs_exist_ok=True)
        pushed.set_int_custom_property("pushed", 1)
        pushed.set_string_custom_property("pushed_destination", str(version))
        pushed.set_string_custom_property("pushed_version", version.name)


class Pusher(components.Pusher):
    """The stock component with an executor whose push is one step."""

    EXECUTOR_SPEC = ExecutorClassSpec(Executor)


def push_version(model: Path, base: Path) -> Path:
    """Copies a SavedModel to `base/<version>` in one step and returns that folder; what a killed push left goes.

    The version is the time in seconds, or one above the newest version where the clock is not ahead of it.
    """
    base.mkdir(parents=True, exist_ok=True)
    for leftover in base.glob(".*.part"):
        shutil.rmtree(leftover)
    versions = [int(path.name) for path in base.iterdir() if path.name.isdigit()]
    version = base / str(max([int(time.time()), *(number + 1 for number in versions)]))
    with replace_folder(version) as temporary:
        shutil.copytree(model, temporary, dirs_exist_ok=True)
    return version
