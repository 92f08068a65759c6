"""The other side of bench/table-defaults.ts: scikit-learn's tables as CSV, and its networks with their own defaults.

python3 table-defaults.py export <folder>          writes digits.csv, wine.csv, breast-cancer.csv, diabetes.csv
python3 table-defaults.py defaults < job.json      {"file", "column", "number", "splits"}: with the defaults, on a file of numbers
"""

import csv
import json
import sys
import warnings

import numpy as np
from sklearn import datasets
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import StandardScaler

TABLES = {"digits": datasets.load_digits, "wine": datasets.load_wine, "breast-cancer": datasets.load_breast_cancer}
# For regression; the target is called target.
NUMBERS = {"diabetes": lambda: datasets.load_diabetes(scaled=False)}


def export(folder):
    for name, load in TABLES.items():
        table = load()
        with open(f"{folder}/{name}.csv", "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([*table.feature_names, "class"])
            for numbers, label in zip(table.data, table.target):
                writer.writerow([*map(repr, map(float, numbers)), table.target_names[label]])
    for name, load in NUMBERS.items():
        table = load()
        with open(f"{folder}/{name}.csv", "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([*table.feature_names, "target"])
            for numbers, target in zip(table.data, table.target):
                writer.writerow(map(repr, map(float, [*numbers, target])))


def defaults(job):
    """A line for each split: the error (or 1 - R2) and the loss of the test rows."""
    with open(job["file"], newline="") as file:
        header, *cells = csv.reader(file)
    at = header.index(job["column"])
    inputs = np.array([[float(cell) for cell in [*row[:at], *row[at + 1 :]]] for row in cells])
    targets = np.array([float(row[at]) if job["number"] else row[at] for row in cells])
    for split in job["splits"]:
        test = np.array(split["test"])
        train = np.setdiff1d(np.arange(len(targets)), test)
        scaler = StandardScaler().fit(inputs[train])
        ours, theirs = scaler.transform(inputs[train]), scaler.transform(inputs[test])
        if job["number"]:
            mean, deviation = targets[train].mean(), targets[train].std()
            network = MLPRegressor(random_state=split["seed"]).fit(ours, (targets[train] - mean) / deviation)
            r2 = network.score(theirs, (targets[test] - mean) / deviation)
            print(json.dumps({"error": 1 - r2}), flush=True)
        else:
            network = MLPClassifier(random_state=split["seed"]).fit(ours, targets[train])
            loss = log_loss(targets[test], network.predict_proba(theirs), labels=network.classes_)
            print(json.dumps({"error": 1 - network.score(theirs, targets[test]), "loss": loss}), flush=True)


warnings.simplefilter("ignore", ConvergenceWarning)
if sys.argv[1:2] == ["export"]:
    export(sys.argv[2])
else:
    defaults(json.load(sys.stdin))
