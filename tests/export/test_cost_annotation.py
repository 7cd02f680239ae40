import pytest

from nasrec_tf.cost.report import CostItem, CostReport
from nasrec_tf.errors import InvalidSpecError
from nasrec_tf.export.cost_annotation import annotate_saved_model


@pytest.fixture
def report():
    item = CostItem("head", "head", "adc", 12, 1e-9, 2e-6, 3e-9)
    return CostReport("isaac", 3, 4, (0.5e-9, 9e-9), (item,))


@pytest.fixture
def saved_model(tmp_path):
    folder = tmp_path / "ctr" / "1"
    folder.mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"graph")
    return folder


def test_the_report_lands_beside_the_model_and_reads_back(saved_model, report):
    file = annotate_saved_model(saved_model, report)
    assert file == saved_model / "assets.extra" / "hardware_cost.json"
    assert CostReport.from_json(file.read_text()) == report


def test_annotating_again_replaces_the_report_and_keeps_other_files(saved_model, report):
    warmup = saved_model / "assets.extra" / "tf_serving_warmup_requests"
    warmup.parent.mkdir()
    warmup.write_bytes(b"requests")
    annotate_saved_model(saved_model, report)
    annotate_saved_model(str(saved_model), report + report)
    names = sorted(path.name for path in warmup.parent.iterdir())
    assert names == ["hardware_cost.json", "tf_serving_warmup_requests"]
    assert CostReport.from_json((warmup.parent / "hardware_cost.json").read_text()) == report + report


def test_a_failed_write_leaves_the_old_report(saved_model, report, monkeypatch):
    file = annotate_saved_model(saved_model, report)
    before = file.read_text()

    def fail(self, target):
        raise OSError("disk full")

    monkeypatch.setattr("pathlib.Path.replace", fail)
    with pytest.raises(OSError, match="disk full"):
        annotate_saved_model(saved_model, report + report)
    assert file.read_text() == before
    assert [path.name for path in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir(), lambda path: path.write_text("model")])
def test_a_folder_without_a_model_is_refused_and_left_alone(tmp_path, report, make):
    path = tmp_path / "model"
    make(path)
    with pytest.raises(InvalidSpecError, match=r"`path` must be a SavedModel folder.*Give the folder"):
        annotate_saved_model(path, report)
    assert not (path / "assets.extra").exists()
