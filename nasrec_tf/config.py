"""Strict YAML configuration: what a file says is exactly what a frozen dataclass declares.

An unknown key, a missing key or a wrong type raises `ConfigError` with the file, the key and what was
expected. Named presets (`configs/space/small.yaml`) are found in the checkout or in the installed package.
"""

import json
from pathlib import Path
from typing import Any, TypeVar

from nasrec_tf.errors import ConfigError

Described = TypeVar("Described")

# Assigned to `__pydantic_config__` by every dataclass that is read from YAML.
STRICT = {"extra": "forbid"}

_PACKAGE_DIRECTORY = Path(__file__).resolve().parent


def config_directory() -> Path:
    """Returns the folder of the shipped YAML files, in the installed package or in the checkout."""
    installed = _PACKAGE_DIRECTORY / "configs"
    return installed if installed.is_dir() else _PACKAGE_DIRECTORY.parent / "configs"


def find_config(kind: str, name_or_path: str | Path) -> Path:
    """Resolves a preset name ("small") or a path to a YAML file.

    Raises:
        ConfigError: if neither a file nor a preset of that name exists; the message lists the presets.
    """
    path = Path(name_or_path)
    if path.suffix in {".yaml", ".yml"}:
        if path.is_file():
            return path
        raise ConfigError(f"`{kind}` names a file that does not exist: {path}. Check the path.")
    preset = config_directory() / kind / f"{name_or_path}.yaml"
    if preset.is_file():
        return preset
    known = ", ".join(sorted(p.stem for p in preset.parent.glob("*.yaml"))) or "none"
    raise ConfigError(f"`{kind}` must be a preset ({known}) or a path to a .yaml file. Received: {name_or_path}.")


def read_yaml(path: str | Path) -> dict[str, Any]:
    """Returns the mapping a YAML file holds.

    Raises:
        ConfigError: if the file cannot be read, is not YAML, repeats a key, or is not a mapping.
    """
    import yaml

    class UniqueKeyLoader(yaml.SafeLoader):
        pass

    def construct_mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Any, Any]:
        loader.flatten_mapping(node)
        pairs = [(loader.construct_object(key, deep=True), value) for key, value in node.value]
        for index, (key, _) in enumerate(pairs):
            if key in {earlier for earlier, _ in pairs[:index]}:
                raise yaml.constructor.ConstructorError(None, None, f"key `{key}` is given twice", node.start_mark)
        return {key: loader.construct_object(value, deep=True) for key, value in pairs}

    UniqueKeyLoader.add_constructor("tag:yaml.org,2002:map", construct_mapping)
    try:
        content = yaml.load(Path(path).read_text(encoding="utf-8"), UniqueKeyLoader)  # noqa: S506 (a SafeLoader)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}). Check the path.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: is not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: must hold a mapping of keys to values. Received: {type(content).__name__}.")
    return content


def load_config(path: str | Path, described: type[Described], *, key: str | None = None) -> Described:
    """Reads a YAML file, or the mapping under one of its top-level keys, into a frozen dataclass.

    Raises:
        ConfigError: naming the file, the key and what was expected.
    """
    content = read_yaml(path)
    if key is not None:
        if key not in content:
            raise ConfigError(
                f"{path}: key `{key}` is missing. Expected a mapping that describes {described.__name__}."
            )
        content = content[key]
    return parse_config(content, described, where=str(path) if key is None else f"{path}: {key}")


def parse_config(content: Any, described: type[Described], *, where: str) -> Described:
    """Builds `described` from plain data; see `load_config` for what it raises."""
    from pydantic import TypeAdapter, ValidationError

    try:
        # Strict JSON mode is what is wanted: no coercion of strings, but lists may fill tuples.
        return TypeAdapter(described).validate_json(json.dumps(content), strict=True)
    except TypeError as error:
        raise ConfigError(f"{where}: holds a value YAML reads as a date or an object ({error}). Quote it.") from error
    except ValidationError as error:
        raise ConfigError(f"{where}: " + "; ".join(_explain(problem) for problem in error.errors())) from error


def _explain(problem: Any) -> str:
    location = ".".join(str(part) for part in problem["loc"]) or "top level"
    kind = problem["type"]
    if kind == "value_error":  # one of our own InvalidSpecErrors, raised by the dataclass itself
        return f"key `{location}`: {problem['ctx']['error']}"
    if kind in {"missing", "missing_argument"}:
        return f"key `{location}` is missing"
    if kind in {"extra_forbidden", "unexpected_keyword_argument", "unexpected_property"}:
        return f"key `{location}` is unknown; remove it or correct its spelling"
    expected = problem["msg"].removeprefix("Input should be ")
    return f"key `{location}` must be {expected}. Received: {problem['input']!r}"
