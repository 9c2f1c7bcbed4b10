"""Fit a model of who leaves, and write it with a sample of its rows."""

import joblib
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

random = np.random.default_rng(0)
rows = pd.DataFrame({"spend": random.normal(50, 20, 2000), "complaints": random.poisson(2, 2000)})
left = random.random(2000) < 1 / (1 + np.exp(3 - 1.2 * rows["complaints"] + rows["spend"] / 100))
joblib.dump(make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, left), "churn.joblib")
rows.head(200).to_csv("sample.csv", index=False)
