"""Small models as older libraries wrote them; run by such an environment, it writes them beside itself.

python3.11 -m venv a; a/bin/pip install scikit-learn==1.3.2 'numpy<2' lightgbm==3.3.5 xgboost==1.7.6; a/bin/python make.py
python3.11 -m venv b; b/bin/pip install scikit-learn==1.6.1;                                          b/bin/python make.py
"""

from __future__ import annotations

from pathlib import Path

import joblib
import numpy as np
import sklearn
from sklearn.ensemble import BaggingClassifier, HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

X = np.arange(200.0).reshape(-1, 1) % 7
Y = (X[:, 0] > 3).astype(int)

models = {
    "tree": DecisionTreeClassifier(max_depth=1),
    "bagging": BaggingClassifier(DecisionTreeClassifier(max_depth=1), n_estimators=2, random_state=0),
    "logit": LogisticRegression(),
    "imputer": make_pipeline(SimpleImputer(), LogisticRegression()),
    "boosting": HistGradientBoostingClassifier(max_iter=1),
}
if sklearn.__version__ == "1.3.2":
    from lightgbm import LGBMRegressor
    from xgboost import XGBRegressor

    models |= {"lightgbm": LGBMRegressor(n_estimators=1), "xgboost": XGBRegressor(n_estimators=1)}
for name, model in models.items():
    joblib.dump(model.fit(X, Y), Path(__file__).parent / f"{sklearn.__version__}-{name}.joblib", compress=9)
