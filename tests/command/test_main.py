"""The command line as a user meets it: help, exit codes, one clear line per error."""

import pytest

from nasrec_tf.command.main import SUBCOMMANDS, main


def test_overview_lists_every_subcommand(capsys):
    assert main(["--help"]) == 0
    printed = capsys.readouterr().out
    for name in SUBCOMMANDS:
        assert f"  {name} " in printed
    assert main([]) == 2


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_help_shows_an_example_and_every_flag(name, capsys):
    assert main([name, "--help"]) == 0
    printed = capsys.readouterr().out
    assert f"$ nasrec {name}" in printed
    assert "Flags:\n  --" in printed


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["serch"], 2, "unknown subcommand 'serch'; it must be one of: demo, data"),
        (["search", "--confg=x"], 2, "Unknown command line flag 'confg'"),
        (["search", "--config=none"], 2, "`search` must be a preset (criteo_"),
        (["data", "none"], 2, "`dataset` must be a preset (avazu, criteo"),
        (["data", "criteo", "--data=/nowhere"], 3, "/nowhere"),
        (["data", "criteo", "--max_malformed_share=2"], 2, "max_malformed_share"),
        (["train"], 2, "name one architecture file or baseline"),
        (["train", "/nowhere/best.json"], 2, "/nowhere/best.json: the architecture cannot be read"),
        (["profile", "/nowhere/best.json"], 2, "/nowhere/best.json"),
        (["evaluate", "/nowhere"], 2, "at least one TFRecord file"),
        (["evaluate", "/nowhere", "/nowhere/*"], 3, "`model` must be a SavedModel folder"),
    ],
)
def test_an_error_is_one_line_with_its_exit_code(arguments, code, message, capsys):
    assert main(arguments) == code
    printed = capsys.readouterr().err.strip()
    assert message in printed
    assert len(printed.splitlines()) == 1


def test_profile_prints_and_writes_the_report(capsys, tmp_path):
    import json
    from pathlib import Path

    golden = Path(__file__).parents[1] / "golden" / "criteo_small_architecture.json"
    assert main(["profile", str(golden), "--dataset=criteo", f"--output={tmp_path / 'cost.json'}"]) == 0
    assert "2,207,808" in capsys.readouterr().out
    assert json.loads((tmp_path / "cost.json").read_text())["totals"]["macs"] == 2_207_808
