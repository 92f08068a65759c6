"""Scikit-learn's tables as CSV: python3 export.py FOLDER writes digits.csv, wine.csv, breast-cancer.csv and diabetes.csv."""

import csv
import sys

from sklearn import datasets

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


export(sys.argv[1])
