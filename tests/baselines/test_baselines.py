import numpy as np
import pytest

import nasrec_tf as nr
from nasrec_tf.errors import InvalidSpecError


def test_logistic_regression_is_its_formula(schema, features):
    model = nr.build_baseline("logistic_regression", schema)
    model(features)
    generator = np.random.default_rng(0)
    for weight in model.weights:
        weight.assign(generator.standard_normal(weight.shape))
    tables = np.split(model.category_weights.table.numpy()[:, 0], np.cumsum(schema.vocabulary_sizes)[:-1])
    kernel, bias = (weight.numpy() for weight in model.dense_weights.weights)
    expected = features["dense"] @ kernel[:, 0] + bias[0]
    expected += sum(table[features["sparse"][:, index]] for index, table in enumerate(tables))
    np.testing.assert_allclose(model(features)[:, 0], expected, rtol=1e-4, atol=1e-5)


def test_dlrm_has_its_published_shape_and_every_weight_learns(schema, features):
    model = nr.build_baseline("dlrm", schema)
    logits = model(features)
    assert logits.shape == (6, 1)
    pairs = (schema.num_sparse + 1) * schema.num_sparse // 2  # of the dense vector and all embeddings, no squares
    dim = schema.embedding_dim
    bottom = schema.num_dense * 512 + 512 + 512 * 256 + 256 + 256 * 64 + 64 + 64 * dim + dim
    top = (dim + pairs) * 512 + 512 + 512 * 256 + 256 + 256 + 1
    assert nr.parameter_count(model) == bottom + top


def test_an_unknown_baseline_is_named(schema):
    with pytest.raises(InvalidSpecError, match=r"one of \['dlrm', 'logistic_regression'\]. Received: 'gbdt'"):
        nr.build_baseline("gbdt", schema)
