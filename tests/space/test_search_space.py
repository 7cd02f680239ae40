import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nasrec_tf as nr
from nasrec_tf.errors import ConfigError, InvalidSpecError
from nasrec_tf.space.encoding import decode, encode, hyperparameter_choices
from nasrec_tf.space.path_sampling import draw_inputs

SMALL = nr.search_space("small")


@given(seed=st.integers(0, 2**32 - 1), input_count=st.sampled_from(["uniform", "binomial"]))
def test_samples_are_inside_the_space_and_survive_encoding(seed, input_count):
    architecture = nr.sample_architecture(SMALL, np.random.default_rng(seed), input_count=input_count)
    SMALL.check(architecture)
    values = encode(architecture)
    assert decode(values, SMALL) == architecture
    assert all(values[name] in allowed for name, allowed in hyperparameter_choices(SMALL).items())


def test_small_is_the_papers_space():
    assert (SMALL.num_blocks, SMALL.max_inputs) == (7, 4)
    assert SMALL.dense_widths == (16, 32, 64, 128, 256, 512, 768, 1024)
    assert SMALL.sparse_widths == (16, 32, 48, 64)
    # 7 + 21 + 35 + 35 ways to choose up to four of seven earlier results
    assert len(SMALL.input_choices(7)) == 98


@pytest.mark.parametrize(("input_count", "mean"), [("uniform", 2.5), ("binomial", 2.5)])
def test_input_counts_have_the_stated_mean_and_bounds(input_count, mean):
    generator = np.random.default_rng(0)
    counts = [len(draw_inputs(generator, 7, 4, input_count)) for _ in range(4000)]
    assert (min(counts), max(counts)) == (1, 4)
    assert np.mean(counts) == pytest.approx(mean, abs=0.06)
    expected_spread = 1.25 if input_count == "uniform" else 0.75
    assert np.var(counts) == pytest.approx(expected_spread, abs=0.08)


def test_outside_architectures_are_named(space):
    inside = nr.sample_architecture(space, np.random.default_rng(0))
    wide = dataclasses.replace(inside.blocks[1], dense_width=7)
    with pytest.raises(InvalidSpecError, match=r"block 2: `dense_width` must be one of \(4, 8, 32\)"):
        space.check(nr.Architecture((inside.blocks[0], wide, inside.blocks[2])))
    with pytest.raises(InvalidSpecError, match="must have 3 blocks"):
        space.check(nr.Architecture(inside.blocks[:2]))
    crowded = dataclasses.replace(inside.blocks[2], dense_inputs=(0, 1, 2))
    with pytest.raises(InvalidSpecError, match="block 3: `dense_inputs` may hold at most 2"):
        space.check(nr.Architecture((*inside.blocks[:2], crowded)))


def test_values_of_another_space_are_named(space):
    values = encode(nr.sample_architecture(space, np.random.default_rng(0)))
    with pytest.raises(InvalidSpecError, match="lacks the hyperparameter 'block_4/dense_operator'"):
        decode(values, dataclasses.replace(space, num_blocks=4))
    with pytest.raises(InvalidSpecError, match="hyperparameter 'block_1/dense_width' must be one of"):
        decode({**values, "block_1/dense_width": 5}, space)


def test_an_architecture_with_several_operators_has_no_encoding(space):
    with pytest.raises(InvalidSpecError, match="block 1: an encoded branch must have one operator"):
        encode(nr.full_architecture(space))


def test_presets_and_files_are_found_or_named(tmp_path):
    with pytest.raises(ConfigError, match="must be a preset .*small.* or a path"):
        nr.search_space("medium")
    with pytest.raises(ConfigError, match="does not exist"):
        nr.search_space(str(tmp_path / "mine.yaml"))
    file = tmp_path / "mine.yaml"
    file.write_text("name: mine\nnum_blocks: two\n")
    with pytest.raises(ConfigError, match=r"mine.yaml: .*key `num_blocks` must be a valid integer. Received: 'two'"):
        nr.search_space(str(file))


@pytest.mark.parametrize("field", ["dense_widths", "dense_operators", "num_blocks"])
def test_broken_spaces_are_refused(space, field):
    broken = {"dense_widths": (8, 4), "dense_operators": ("attention",), "num_blocks": 0}[field]
    with pytest.raises(InvalidSpecError, match=f"`{field}`"):
        dataclasses.replace(space, **{field: broken})
