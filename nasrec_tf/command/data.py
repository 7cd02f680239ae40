"""Lists click logs, or shows where one comes from and what is in it.

$ nasrec data                                  the sets there are
$ nasrec data criteo                           source, rows, click rate and features of one
$ nasrec data criteo --data /path/to/folder    the same for files of your own

Real data is looked for in --data (or NASREC_DATA), then in the cache, then downloaded where its licence allows that;
--accept_licence also downloads what needs your consent, or is gigabytes.
"""

from absl import flags
from tabulate import tabulate

import nasrec_tf as nr
from nasrec_tf.config import config_directory, find_config, read_yaml
from nasrec_tf.errors import ConfigError


def define_flags(values: flags.FlagValues) -> None:
    flags.DEFINE_string("data", None, "folder that holds the raw files", flag_values=values)
    flags.DEFINE_bool(
        "accept_licence", False, "download what needs your consent; its licence is shown", flag_values=values
    )
    flags.DEFINE_float(
        "max_malformed_share",
        0.0,
        "share of malformed rows to accept before refusing a file",
        0.0,
        1.0,
        flag_values=values,
    )


def run(values: flags.FlagValues, positional: list[str]) -> None:
    if not positional:
        files = sorted((config_directory() / "dataset").glob("*.yaml"))
        print(tabulate([(file.stem, read_yaml(file)["title"]) for file in files], headers=("name", "what")))
        print("\nnext: nasrec data NAME")
        return
    if len(positional) > 1:
        raise ConfigError(f"name one data set. Received: {positional}.")
    dataset = nr.load_dataset(
        positional[0],
        data=values.data,
        max_malformed_share=values.max_malformed_share,
        accept_licence=values.accept_licence,
    )
    print(dataset.source)
    if dataset.planted is None:
        print(f"licence: {read_yaml(find_config('dataset', positional[0]))['licence'].strip()}")
    else:
        print(
            f"no model can beat log loss {dataset.planted_log_loss:.4f}, AUC {dataset.planted_auc:.4f} on the test rows"
        )
    splits = (("train", dataset.train), ("valid", dataset.valid), ("test", dataset.test))
    print(
        tabulate(
            [(name, len(log), f"{log.label.mean():.1%}") for name, log in splits], headers=("split", "rows", "clicks")
        )
    )
    schema = dataset.schema
    print(f"{schema.num_dense} dense features: {', '.join(schema.dense_names)}")
    sizes = (f"{feature.name} ({feature.vocabulary_size:,})" for feature in schema.sparse)
    print(f"{schema.num_sparse} sparse features (ids): {', '.join(sizes)}")
    print("\nnext: nasrec search --config criteo_sample --run_dir runs/first")
