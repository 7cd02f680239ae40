import dataclasses
from pathlib import Path

import pytest

import nasrec_tf as nr
from nasrec_tf.config import config_directory, find_config, load_config, parse_config, read_yaml
from nasrec_tf.errors import ConfigError
from nasrec_tf.search.search_config import SearchConfig


def write(path, text):
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a\n- b\n", "must hold a mapping.*Received: list"),
        ("a: [1\n", "is not valid YAML"),
        ("a: 1\na: 2\n", "key `a` is given twice"),
        ("", "must hold a mapping.*Received: NoneType"),
    ],
)
def test_unreadable_yaml_names_the_file(tmp_path, text, message):
    with pytest.raises(ConfigError, match=f"broken.yaml: .*{message}"):
        read_yaml(write(tmp_path / "broken.yaml", text))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"none.yaml: cannot be read \(No such file"):
        read_yaml(tmp_path / "none.yaml")


def test_keys_and_types_are_checked_all_at_once():
    small = dataclasses.asdict(nr.search_space("small"))
    broken = {**small, "num_blocks": "7", "depth": 3}
    del broken["max_inputs"]
    with pytest.raises(ConfigError) as error:
        parse_config(broken, nr.SearchSpace, where="mine.yaml")
    assert str(error.value).startswith("mine.yaml: ")
    for part in ("`num_blocks` must be a valid integer", "`depth` is unknown", "`max_inputs` is missing"):
        assert part in str(error.value)


@pytest.mark.parametrize("value", ["2014-07-01", "1.5", "true", "'4'"])
def test_nothing_is_coerced(tmp_path, value):
    text = find_config("space", "small").read_text().replace("num_blocks: 7", f"num_blocks: {value}")
    with pytest.raises(ConfigError, match=r"mine.yaml"):
        load_config(write(tmp_path / "mine.yaml", text), nr.SearchSpace)


def test_rules_of_the_described_thing_name_file_and_rule(tmp_path):
    text = find_config("space", "small").read_text().replace("max_inputs: 4", "max_inputs: 0")
    with pytest.raises(ConfigError, match=r"mine.yaml: .*`max_inputs` must be at least 1"):
        load_config(write(tmp_path / "mine.yaml", text), nr.SearchSpace)


def test_every_shipped_search_and_space_loads():
    for file in (config_directory() / "search").glob("*.yaml"):
        config = SearchConfig.from_yaml(file)
        nr.search_space(config.space)
        assert config.evolution.tournament_size <= config.evolution.population_size
    for file in (config_directory() / "space").glob("*.yaml"):
        assert nr.search_space(str(file)).name == file.stem


def test_every_shipped_yaml_is_read_by_a_test():
    kinds = {file.parent.name for file in config_directory().glob("*/*.yaml")}
    assert kinds <= {"dataset", "hardware", "pipeline", "search", "serving", "space"}
    assert Path(find_config("space", "small")).is_file()
