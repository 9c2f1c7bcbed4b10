"""The formats in which a version can be written, by name. Nothing heavy is imported here: help texts list them."""

# Format → how a file of it ends, to be guessed from.
FORMATS = {
    "joblib": ".joblib",
    "skops": ".skops",
    "sql": ".sql",
    "plan": ".json",
    "pmml": ".pmml",
    "onnx": ".onnx",
    "xgboost": ".ubj",
    "lightgbm": ".txt",
    "catboost": ".cbm",
    "statsmodels": ".pickle",
    "mojo": ".zip",
    "js": ".js",
    "python": ".py",
    "html": ".html",
}
