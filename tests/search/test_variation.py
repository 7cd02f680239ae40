import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import nasrec_tf as nr
from nasrec_tf.search.variation import mutate, mutation_events

SMALL = nr.search_space("small")


@given(seed=st.integers(0, 2**32 - 1), events=st.integers(1, 6))
def test_mutants_stay_inside_the_space_and_near_their_parent(seed, events):
    generator = np.random.default_rng(seed)
    parent = nr.sample_architecture(SMALL, generator)
    child = mutate(SMALL, parent, generator, events)
    SMALL.check(child)
    changed = sum(before != after for before, after in zip(parent.blocks, child.blocks, strict=True))
    assert changed <= events


def test_every_choice_of_every_block_is_reached():
    generator = np.random.default_rng(0)
    parent = nr.sample_architecture(SMALL, generator)
    reached = set()
    for _ in range(3000):
        child = mutate(SMALL, parent, generator, 1)
        for number, (before, after) in enumerate(zip(parent.blocks, child.blocks, strict=True), 1):
            for field in before.__dataclass_fields__:
                if getattr(before, field) != getattr(after, field):
                    reached.add((number, field))
    # block 1 can only read the raw features, and the space has one sparse operator
    fields = {"dense_operators", "dense_width", "sparse_width", "dense_to_sparse", "sparse_to_dense"}
    inputs = {"dense_inputs", "sparse_inputs"}
    assert reached == {(n, f) for n in range(1, 8) for f in fields} | {(n, f) for n in range(2, 8) for f in inputs}


def test_mutation_schedule_is_the_reference_codes():
    assert [mutation_events(g, 240) for g in (0, 1, 48, 49, 96, 97, 144, 145, 192, 193, 239)] == [
        6, 5, 5, 4, 4, 3, 3, 2, 2, 1, 1,
    ]  # fmt: skip
