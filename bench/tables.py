"""The other side of bench/tables.ts: scikit-learn's tables as CSV, and its MLPClassifier on the same split.

python3 tables.py export <folder>          writes digits.csv, wine.csv, breast-cancer.csv
python3 tables.py train < job.json         {"table", "hidden", "epochs", "batch_size", "rate", "optimizer", "splits": [{"seed", "test"}]}
"""

import csv
import json
import sys
import warnings

import numpy as np
from sklearn import datasets
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

TABLES = {"digits": datasets.load_digits, "wine": datasets.load_wine, "breast-cancer": datasets.load_breast_cancer}
# With a number to estimate, called target.
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


def train(job):
    """A line for each split: the part of the test rows that is taken for the right class."""
    table = TABLES[job["table"]]()
    rows = len(table.target)
    for split in job["splits"]:
        test = np.array(split["test"])
        train = np.setdiff1d(np.arange(rows), test)
        scaler = StandardScaler().fit(table.data[train])
        network = MLPClassifier(
            job["hidden"],
            solver=job["optimizer"],
            learning_rate_init=job["rate"],
            # Of sgd: as Lockstep's --momentum 0.9 --nesterov.
            momentum=0.9,
            nesterovs_momentum=True,
            alpha=0,
            batch_size=job["batch_size"],
            max_iter=job["epochs"],
            # All epochs, whatever the loss does.
            tol=0,
            n_iter_no_change=job["epochs"] + 1,
            random_state=split["seed"],
        )
        network.fit(scaler.transform(table.data[train]), table.target[train])
        accuracy = network.score(scaler.transform(table.data[test]), table.target[test])
        print(json.dumps({"seed": split["seed"], "accuracy": accuracy, "epochs": network.n_iter_}), flush=True)


warnings.simplefilter("ignore", ConvergenceWarning)
if sys.argv[1:2] == ["export"]:
    export(sys.argv[2])
else:
    train(json.load(sys.stdin))
