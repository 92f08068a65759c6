"""The peers of bench/recipes.py. Each gets the training rows and returns scores of the test rows."""
import warnings

import numpy as np
import pandas as pd
from catalog import TUNING_TRIALS

warnings.filterwarnings("ignore")

MOST_TREES = 1000
PATIENCE = 50


def categories(train, test):
    """Text columns as categories that both parts share. A level that no training row has counts as missing."""
    train, test = train.copy(), test.copy()
    for name in train.columns:
        if not pd.api.types.is_numeric_dtype(train[name]):
            levels = sorted(train[name].dropna().unique())
            train[name] = pd.Categorical(train[name], levels)
            test[name] = pd.Categorical(test[name], levels)
    return train, test


def complete(train, test):
    """RealMLP refuses missing numbers: the median, and an indicator. Missing categories are a level."""
    train, test = train.copy(), test.copy()
    for name in list(train.columns):
        if pd.api.types.is_numeric_dtype(train[name]):
            if train[name].isna().any() or test[name].isna().any():
                if train[name].isna().any():
                    for part in (train, test):
                        part[f"{name} is missing"] = part[name].isna().astype(float)
                median = train[name].median()
                train[name], test[name] = train[name].fillna(median), test[name].fillna(median)
        else:
            for part in (train, test):
                part[name] = part[name].astype(object).where(part[name].notna(), "is missing").astype(str)
    return train, test


def result(model, test, is_class):
    if not is_class:
        return np.asarray(model.predict(test), dtype=float).reshape(-1)
    scores = np.asarray(model.predict_proba(test), dtype=float)
    return scores / scores.sum(1, keepdims=True)


def realmlp(x, y, test, is_class, seed):
    from pytabkit import RealMLP_TD_S_Classifier, RealMLP_TD_S_Regressor

    x, test = complete(x, test)
    names = [name for name in x.columns if not pd.api.types.is_numeric_dtype(x[name])]
    for name in names:
        levels = sorted(set(x[name]) | set(test[name]))
        x[name], test[name] = pd.Categorical(x[name], levels), pd.Categorical(test[name], levels)
    make = RealMLP_TD_S_Classifier if is_class else RealMLP_TD_S_Regressor
    model = make(device="cpu", n_threads=1, random_state=seed)
    model.fit(x, y, cat_col_names=names)
    return result(model, test, is_class)


def mlp(x, y, test, is_class, seed):
    """Defaults, after the usual preparation: standardized numbers and targets, one-hot categories."""
    from sklearn.compose import ColumnTransformer, TransformedTargetRegressor, make_column_selector
    from sklearn.impute import SimpleImputer
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    x, test = complete(x, test)
    encode = ColumnTransformer(
        [
            ("number", StandardScaler(), make_column_selector(dtype_include=np.number)),
            ("category", OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_exclude=np.number)),
        ]
    )
    if is_class:
        model = make_pipeline(encode, MLPClassifier(random_state=seed))
    else:
        network = MLPRegressor(random_state=seed)
        model = make_pipeline(encode, TransformedTargetRegressor(network, transformer=StandardScaler()))
    return result(model.fit(x, y), test, is_class)


def histogram(x, y, test, is_class, seed):
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    x, test = categories(x, test)
    make = HistGradientBoostingClassifier if is_class else HistGradientBoostingRegressor
    return result(make(categorical_features="from_dtype", random_state=seed).fit(x, y), test, is_class)


def lightgbm(x, y, test, is_class, seed, **options):
    from lightgbm import LGBMClassifier, LGBMRegressor

    x, test = categories(x, test)
    make = LGBMClassifier if is_class else LGBMRegressor
    return result(make(random_state=seed, n_jobs=1, verbose=-1, **options).fit(x, y), test, is_class)


def lightgbm_tuned(x, y, test, is_class, seed):
    """Random search on a validation fifth with early stopping. The best trial is refitted on all training rows."""
    import lightgbm as library
    from sklearn.model_selection import train_test_split

    make = library.LGBMClassifier if is_class else library.LGBMRegressor
    xc, _ = categories(x, test)
    strata = y if is_class and np.unique(y, return_counts=True)[1].min() > 1 else None
    fit_x, val_x, fit_y, val_y = train_test_split(xc, y, test_size=0.2, random_state=seed, stratify=strata)
    random = np.random.default_rng(seed)
    best = None
    for trial in range(TUNING_TRIALS):
        options = {
            "learning_rate": float(np.exp(random.uniform(np.log(0.02), np.log(0.2)))),
            "num_leaves": int(np.exp(random.uniform(np.log(4), np.log(128)))),
            "min_child_samples": int(np.exp(random.uniform(np.log(2), np.log(100)))),
            "subsample": random.uniform(0.5, 1),
            "subsample_freq": 1,
            "colsample_bytree": random.uniform(0.5, 1),
            "reg_lambda": float(np.exp(random.uniform(np.log(1e-6), np.log(10)))),
        }
        model = make(random_state=seed, n_jobs=1, verbose=-1, n_estimators=MOST_TREES, **options)
        stop = library.early_stopping(PATIENCE, verbose=False)
        model.fit(fit_x, fit_y, eval_set=[(val_x, val_y)], callbacks=[stop])
        (score,) = next(iter(model.best_score_.values())).values()
        if best is None or score < best[0]:
            best = score, {**options, "n_estimators": max(1, model.best_iteration_)}
    return lightgbm(x, y, test, is_class, seed, **best[1])


PEERS = {
    "RealMLP-TD-S": realmlp,
    "MLP": mlp,
    "HistGradientBoosting": histogram,
    "LightGBM": lightgbm,
    "LightGBM tuned": lightgbm_tuned,
}
