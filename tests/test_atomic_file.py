import pytest

from nasrec_tf.atomic_file import replace_file, replace_folder, write_text


class KilledError(Exception):
    pass


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    file = tmp_path / "a" / "x.json"
    write_text(file, "old")
    with pytest.raises(KilledError), replace_file(file) as temporary:
        temporary.write_text("half")
        raise KilledError
    assert file.read_text() == "old"
    assert [path.name for path in file.parent.iterdir()] == ["x.json"]
    write_text(file, "new")
    assert file.read_text() == "new"


def test_a_failed_folder_leaves_the_old_one_and_nothing_else(tmp_path):
    folder = tmp_path / "model"
    with replace_folder(folder) as temporary:
        (temporary / "one").write_text("1")
    with pytest.raises(KilledError), replace_folder(folder) as temporary:
        (temporary / "two").write_text("2")
        assert not (folder / "two").exists()
        raise KilledError
    assert [path.name for path in folder.iterdir()] == ["one"]
    with replace_folder(folder) as temporary:
        (temporary / "three").write_text("3")
    assert [path.name for path in folder.iterdir()] == ["three"]
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
