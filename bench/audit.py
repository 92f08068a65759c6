"""The other side of bench/audit.ts: what cleanlab finds, from probabilities of samples that the networks were not trained on.

python3 audit.py < job.json    {"labels": [class], "probabilities": file of float32 (samples, classes), "k"}
"""

import json
import sys

import numpy as np
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_label_quality_scores

job = json.load(sys.stdin)
labels = np.array(job["labels"])
probabilities = np.fromfile(job["probabilities"], np.float32).reshape(len(labels), -1).astype(np.float64)
probabilities /= probabilities.sum(axis=1, keepdims=True)


def first(method):
    scores = get_label_quality_scores(labels, probabilities, method=method)
    return np.argsort(scores, kind="stable")[: job["k"]].tolist()


print(
    json.dumps(
        {
            "rankings": {method: first(method) for method in ("self_confidence", "normalized_margin")},
            # Its defaults: class-wise thresholds, pruned by noise rate.
            "suspects": np.flatnonzero(find_label_issues(labels, probabilities, n_jobs=1)).tolist(),
        }
    )
)
