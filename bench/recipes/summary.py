"""Mean ranks and normalized scores of the results of bench/recipes.py."""
import numpy as np

RESAMPLES = 10_000


def summary(results, wanted, methods, markdown=False):
    """Over the tables and splits that all methods have."""
    found = {(r["method"], r["table"], r["split"]): r for r in results if r["table"] in wanted}
    methods = methods or sorted({method for method, _, _ in found})
    pieces = sorted({(t, s) for _, t, s in found if all((m, t, s) in found for m in methods)})
    names = sorted({t for t, _ in pieces}, key=list(wanted).index)
    print(f"{len(names)} tables, {len(pieces)} splits of them")
    for measure in ["error", "loss"]:
        own = [n for n in names if measure in found[methods[0], n, next(s for t, s in pieces if t == n)]]
        if not own:
            continue
        means = np.array([[np.mean([found[m, t, s][measure] for t, s in pieces if t == n]) for m in methods] for n in own])
        print(f"\n{measure}, {len(own)} tables")
        report(methods, means)
        for kind in ["classes", "numbers"]:
            some = [i for i, n in enumerate(own) if wanted[n][0] == kind]
            if measure == "error" and 0 < len(some) < len(own):
                print(f"\n{measure}, only {kind}: {len(some)} tables")
                report(methods, means[some])
        print("\n" + line(["table", *methods], markdown))
        if markdown:
            print("| --- |" + " ---: |" * len(methods))
        for n, row in zip(own, means):
            print(line([n, *(f"{x:.4f}" for x in row)], markdown))


def report(methods, means):
    """Rank 1 is best. The score of a table is 1 for its best method, 0 for its worst, linear between them."""
    ranks = np.array([[1 + np.sum(row < x) + (np.sum(row == x) - 1) / 2 for x in row] for row in means])
    least, most = means.min(1, keepdims=True), means.max(1, keepdims=True)
    scores = np.where(most > least, (most - means) / np.where(most > least, most - least, 1), 1)
    draws = np.random.default_rng(1).integers(0, len(means), (RESAMPLES, len(means)))
    for i in np.argsort(ranks.mean(0)):
        (a, b), (c, d) = (np.percentile(each[:, i][draws].mean(1), [2.5, 97.5]) for each in (ranks, scores))
        wins = " ".join(f"{int(np.sum(means[:, i] < means[:, j]))}:{int(np.sum(means[:, i] > means[:, j]))}" for j in range(len(methods)) if j != i)
        print(f"{methods[i]:24s} rank {ranks[:, i].mean():.2f} [{a:.2f}, {b:.2f}]  score {scores[:, i].mean():.3f} [{c:.3f}, {d:.3f}]  better:worse {wins}")


def line(cells, markdown):
    return f"| {' | '.join(cells)} |" if markdown else "  ".join(f"{cell:>20s}" for cell in cells)
