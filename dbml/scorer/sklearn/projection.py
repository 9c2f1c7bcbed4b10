"""Transformers that are a matrix: principal components, truncated SVD, random projections."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.decomposition import PCA, FastICA, IncrementalPCA, TruncatedSVD
from sklearn.random_projection import GaussianRandomProjection, SparseRandomProjection

from dbml.scorer.plan import Value
from dbml.scorer.sklearn.linear import double, single
from dbml.scorer.sklearn.registry import Columns, transformer


def _projected(estimator: Any, X: Columns, values: list[Value], mean: Any = None) -> Columns:
    """``(X - mean) @ components.T``, where the mean is multiplied apart."""
    components, in_single = double(estimator.components_), single(estimator.components_, X)
    mean = np.zeros(len(X)) if mean is None else np.asarray(mean, dtype=np.float64)
    projected = []
    for row, constant, beside in zip(components, -(components @ mean), np.abs(components) @ np.abs(mean), strict=True):
        value = X.plan.dot(values, row, float(constant))
        projected.append(X.plan.single(value, float(beside)) if in_single else value)
    return X.of(projected, list(estimator.get_feature_names_out()), "float32" if in_single else "float64")


@transformer(PCA, IncrementalPCA)
def pca(estimator: Any, X: Columns) -> Columns:
    what = type(estimator).__name__
    X.numeric(what).refuse_missing(what)
    made = _projected(estimator, X, X.values, estimator.mean_)
    if not estimator.whiten:
        return made
    scale = np.sqrt(estimator.explained_variance_)
    scale = np.maximum(scale, np.finfo(scale.dtype).eps)
    return X.of([v / float(s) for v, s in zip(made.values, scale, strict=True)], made.names, made.dtype)


@transformer(TruncatedSVD, GaussianRandomProjection, SparseRandomProjection)
def truncated_svd(estimator: Any, X: Columns) -> Columns:
    what = type(estimator).__name__
    X.numeric(what).refuse_missing(what)
    return _projected(estimator, X, X.values)


@transformer(FastICA)
def fast_ica(estimator: FastICA, X: Columns) -> Columns:
    X.numeric("FastICA").refuse_missing("FastICA")
    values, rounded = X.values, X.rounding
    if estimator.whiten:
        values = [rounded(v - float(m)) for v, m in zip(values, estimator.mean_, strict=True)]
    return _projected(estimator, X, values)
