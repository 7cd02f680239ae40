"""TFX pipelines: from raw click logs to a validated, costed and pushed SavedModel.

TFX is imported by submodule (`tfx.components`), never as `tfx.v1`: that loads every Google Cloud client, nine seconds.
"""
