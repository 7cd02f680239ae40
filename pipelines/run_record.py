"""What the metadata store says about the newest run: what ran, for how long, and whether its model was pushed."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ml_metadata import metadata_store
from ml_metadata.proto import metadata_store_pb2
from tabulate import tabulate

_STATES = {
    metadata_store_pb2.Execution.COMPLETE: "done",
    metadata_store_pb2.Execution.CACHED: "cached",
    metadata_store_pb2.Execution.FAILED: "failed",
    metadata_store_pb2.Execution.RUNNING: "killed",
}


@dataclass(frozen=True)
class ComponentRun:
    """One execution of one component; `state` is "done", "cached", "failed" or "killed"."""

    component: str
    state: str
    duration_s: float
    outputs: tuple[Any, ...]


@dataclass(frozen=True)
class RunRecord:
    """The executions of one pipeline run, in their order."""

    components: tuple[ComponentRun, ...]

    def find_output(self, kind: str) -> Any:
        """Returns the run's only artifact of a type, such as "ModelBlessing", or None."""
        found = [artifact for run in self.components for artifact in run.outputs if artifact.type == kind]
        return found[-1] if found else None

    @property
    def is_blessed(self) -> bool:
        blessing = self.find_output("ModelBlessing")
        return blessing is not None and blessing.custom_properties["blessed"].int_value == 1

    @property
    def pushed_version(self) -> Path | None:
        pushed = self.find_output("PushedModel")
        destination = "" if pushed is None else pushed.custom_properties["pushed_destination"].string_value
        return Path(destination) if destination else None

    def table(self) -> str:
        rows = [(run.component, run.state, run.duration_s) for run in self.components]
        return tabulate(rows, headers=("component", "", "seconds"), floatfmt=".1f")


def read_newest_run(metadata_file: Path) -> RunRecord:
    """Reads the newest run of a metadata store that holds at least one."""
    store = _open_store(metadata_file)
    newest = max(store.get_contexts_by_type("pipeline_run"), key=lambda context: context.id)
    executions = sorted(store.get_executions_by_context(newest.id), key=lambda execution: execution.id)
    return RunRecord(tuple(_read_component(store, execution) for execution in executions))


def forget_lost_pushes(metadata_file: Path) -> None:
    """Makes the cache forget every push whose version is no longer in the serving folder, so that it is pushed anew."""
    if not metadata_file.exists():
        return
    for artifact in _open_store(metadata_file).get_artifacts_by_type("PushedModel"):
        destination = artifact.custom_properties["pushed_destination"].string_value
        if destination and not Path(destination).exists():
            shutil.rmtree(artifact.uri, ignore_errors=True)


def _open_store(metadata_file: Path) -> Any:
    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = str(metadata_file)
    config.sqlite.connection_mode = metadata_store_pb2.SqliteMetadataSourceConfig.READONLY
    return metadata_store.MetadataStore(config)


def _read_component(store: Any, execution: Any) -> ComponentRun:
    node = next(context for context in store.get_contexts_by_execution(execution.id) if context.type == "node")
    outputs = [
        event.artifact_id
        for event in store.get_events_by_execution_ids([execution.id])
        if event.type == metadata_store_pb2.Event.OUTPUT
    ]
    return ComponentRun(
        component=node.name.rpartition(".")[2],
        state=_STATES.get(execution.last_known_state, "unknown"),
        duration_s=(execution.last_update_time_since_epoch - execution.create_time_since_epoch) / 1000,
        outputs=tuple(store.get_artifacts_by_id(outputs)),
    )
