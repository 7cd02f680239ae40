import dataclasses
import json
from pathlib import Path

import pytest

import nasrec_tf as nr
from nasrec_tf.errors import ConfigError, InvalidSpecError

GOLDEN = Path(__file__).parents[1] / "golden"


def block(**changes):
    fields = {
        "dense_operators": ("fully_connected",),
        "sparse_operators": ("elastic_fully_connected",),
        "dense_width": 16,
        "sparse_width": 16,
        "dense_inputs": (0,),
        "sparse_inputs": (0,),
        "dense_to_sparse": False,
        "sparse_to_dense": False,
    }
    return nr.Block(**{**fields, **changes})


def test_order_of_indices_does_not_matter():
    first = nr.Architecture((block(), block(dense_inputs=(1, 0))))
    second = nr.Architecture((block(), block(dense_inputs=(0, 1))))
    assert first == second
    assert hash(first) == hash(second)


def test_json_round_trip(tmp_path):
    architecture = nr.Architecture((block(), block(dense_inputs=(1,), dense_to_sparse=True)))
    assert nr.Architecture.from_json(architecture.to_json()) == architecture
    architecture.save(tmp_path / "a.json")
    assert nr.Architecture.load(tmp_path / "a.json") == architecture


def test_unread_blocks_are_dead():
    architecture = nr.Architecture((block(), block(), block(dense_inputs=(1,), sparse_inputs=(0,))))
    first, second, last = architecture.live_branches()
    assert (first.dense, first.sparse) == (True, False)
    assert (second.dense, second.sparse, second.dense_sum, second.sparse_sum) == (False, False, False, False)
    assert (last.dense, last.sparse) == (True, True)


def test_mergers_keep_the_other_branch_alive():
    merging = block(sparse_to_dense=True)
    first, _ = nr.Architecture((merging, block(dense_inputs=(1,)))).live_branches()
    assert (first.dense, first.sparse, first.sparse_sum) == (True, False, True)
    merging = block(dense_to_sparse=True)
    first, _ = nr.Architecture((merging, block(sparse_inputs=(1,)))).live_branches()
    assert (first.sparse, first.dense, first.dense_sum) == (True, False, True)


def test_dot_product_reads_both_branches():
    first, _ = nr.Architecture((block(), block(dense_operators=("dot_product",), sparse_inputs=(1,)))).live_branches()
    assert first.sparse


def test_released_criteo_architecture_has_the_dead_branches_the_paper_greys_out():
    golden = json.loads((GOLDEN / "reference_logits.json").read_text())
    architecture = nr.Architecture.from_reference(golden["criteo-small-plain"]["architecture"])
    live = architecture.live_branches()
    dead = {
        (branch, number)
        for number, found in enumerate(live, 1)
        for branch in ("dense", "sparse")
        if not getattr(found, branch)
    }
    assert dead == {("dense", 6), ("sparse", 3), ("sparse", 6)}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dense_inputs": (1,)}, "block 1: `dense_inputs` may name the raw features"),
        ({"dense_width": 0}, "`dense_width` and `sparse_width` must be at least 1"),
        ({"dense_operators": ()}, "`dense_operators` must hold at least one"),
        ({"dense_operators": ("attention",)}, "`dense_operators` must be among"),
        ({"sparse_inputs": (0, 0)}, "none twice"),
    ],
)
def test_broken_blocks_are_named(change, message):
    with pytest.raises(InvalidSpecError, match=message):
        nr.Architecture((block(**change),))


def test_json_with_unknown_or_missing_keys_is_refused():
    good = nr.Architecture((block(),)).to_dict()
    with pytest.raises(ConfigError, match=r"best.json: .*key `blocks.0.widht` is unknown"):
        nr.Architecture.from_json(json.dumps({"blocks": [{**good["blocks"][0], "widht": 1}]}), where="best.json")
    del good["blocks"][0]["dense_width"]
    with pytest.raises(ConfigError, match=r"key `blocks.0.dense_width` is missing"):
        nr.Architecture.from_json(json.dumps(good))
    with pytest.raises(ConfigError, match="not valid JSON"):
        nr.Architecture.from_json("{")


def test_reference_json_of_an_unknown_space_is_refused():
    with pytest.raises(InvalidSpecError, match="`config` must be one of"):
        nr.Architecture.from_reference({"micro": [], "macro": [], "config": "xxl", "num_blocks": 0})
    with pytest.raises(InvalidSpecError, match="must have the key 'macro'"):
        nr.Architecture.from_reference({"micro": []})


def test_architectures_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        nr.Architecture((block(),)).blocks = ()
