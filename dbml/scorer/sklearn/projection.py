"""Transformers that are a matrix: principal components, truncated SVD, random projections."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from sklearn.decomposition import PCA, FastICA, IncrementalPCA, TruncatedSVD
from sklearn.random_projection import GaussianRandomProjection, SparseRandomProjection

from dbml.scorer.plan import Value
from dbml.scorer.sklearn.registry import Columns, transformer


def _projected(estimator: Any, X: Columns, values: list[Value], constants: Any = None) -> Columns:
    components = estimator.components_
    if sparse.issparse(components):
        components = components.toarray()
    constants = np.zeros(len(components)) if constants is None else constants
    projected = [
        X.plan.dot(values, weights, float(constant)) for weights, constant in zip(components, constants, strict=True)
    ]
    return X.of(projected, list(estimator.get_feature_names_out()))


@transformer(PCA, IncrementalPCA)
def pca(estimator: Any, X: Columns) -> Columns:
    what = type(estimator).__name__
    X.double(what).refuse_missing(what)
    mean = np.reshape(estimator.mean_, (1, -1)) @ estimator.components_.T
    made = _projected(estimator, X, X.values, -mean[0])
    if not estimator.whiten:
        return made
    scale = np.sqrt(estimator.explained_variance_)
    scale = np.maximum(scale, np.finfo(scale.dtype).eps)
    return X.of([v / float(s) for v, s in zip(made.values, scale, strict=True)], made.names)


@transformer(TruncatedSVD, GaussianRandomProjection, SparseRandomProjection)
def truncated_svd(estimator: Any, X: Columns) -> Columns:
    what = type(estimator).__name__
    X.double(what).refuse_missing(what)
    return _projected(estimator, X, X.values)


@transformer(FastICA)
def fast_ica(estimator: FastICA, X: Columns) -> Columns:
    X.double("FastICA").refuse_missing("FastICA")
    values = X.values
    if estimator.whiten:
        values = [v - float(m) for v, m in zip(values, estimator.mean_, strict=True)]
    return _projected(estimator, X, values)
