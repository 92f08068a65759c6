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
    if not pieces:
        return

    def means(measure, names):
        rows = [[np.mean([found[m, t, s][measure] for t, s in pieces if t == n]) for m in methods] for n in names]
        return np.array(rows).reshape(len(names), len(methods))

    classes, numbers = ([n for n in names if wanted[n][0] == kind] for kind in ["classes", "numbers"])
    parts = {
        "error": means("error", names),
        "error, classes": means("error", classes),
        "error, numbers": means("error", numbers),
        "log loss, classes": means("loss", classes),
    }
    if markdown:
        return page(methods, parts, names)
    for title, part in parts.items():
        if len(part) > 0:
            print(f"\n{title}: {len(part)} tables")
            report(methods, part)
    for title, own in ["error", names], ["log loss, classes", classes]:
        print("\n" + line([title, *methods]))
        for n, row in zip(own, parts[title]):
            print(line([n, *(f"{x:.4f}" for x in row)]))


def ranks_of(means):
    """Rank 1 is best."""
    return np.array([[1 + np.sum(row < x) + (np.sum(row == x) - 1) / 2 for x in row] for row in means])


def scores_of(means):
    """The score of a table is 1 for its best method, 0 for its worst, linear between them."""
    least, most = means.min(1, keepdims=True), means.max(1, keepdims=True)
    return np.where(most > least, (most - means) / np.where(most > least, most - least, 1), 1)


def interval(values):
    draws = np.random.default_rng(1).integers(0, len(values), (RESAMPLES, len(values)))
    return np.percentile(values[draws].mean(1), [2.5, 97.5])


def report(methods, means):
    ranks, scores = ranks_of(means), scores_of(means)
    for i in np.argsort(ranks.mean(0)):
        (a, b), (c, d) = (interval(each[:, i]) for each in (ranks, scores))
        wins = " ".join(f"{int(np.sum(means[:, i] < means[:, j]))}:{int(np.sum(means[:, i] > means[:, j]))}" for j in range(len(methods)) if j != i)
        print(f"{methods[i]:24s} rank {ranks[:, i].mean():.2f} [{a:.2f}, {b:.2f}]  score {scores[:, i].mean():.3f} [{c:.3f}, {d:.3f}]  better:worse {wins}")


def page(methods, parts, names):
    """The tables of docs/recipes.md."""
    ranks, scores = ranks_of(parts["error"]), scores_of(parts["error"])
    print("\n| method | mean rank by error | score by error | rank, classes | rank, numbers | rank by log loss, classes |")
    print("| --- | --- | --- | ---: | ---: | ---: |")
    for i in np.argsort(ranks.mean(0)):
        cells = [f"{each[:, i].mean():.2f} ({' to '.join(f'{x:.2f}' for x in interval(each[:, i]))})" for each in (ranks, scores)]
        others = [f"{ranks_of(part)[:, i].mean():.2f}" for title, part in parts.items() if title != "error" and len(part) > 0]
        print(f"| {' | '.join([methods[i], *cells, *others])} |")
    print(f"\n| table | {' | '.join(methods)} |\n| --- |{' ---: |' * len(methods)}")
    for name, row in zip(names, parts["error"]):
        print(f"| {name} | {' | '.join(f'{100 * x:.2f}' for x in row)} |")


def line(cells):
    return "  ".join(f"{cell:>20s}" for cell in cells)
