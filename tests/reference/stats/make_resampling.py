"""resampling: intervals from SciPy's own bootstrap replicates, and exact permutation tests."""
import itertools

import numpy as np
from scipy import stats

from tables import groups, pairs, write

ratio = lambda x, y, axis=-1: np.mean(x, axis=axis) / np.mean(y, axis=axis)
difference = lambda x, y, axis=-1: np.mean(x, axis=axis) - np.mean(y, axis=axis)


def resampling():
    found = []
    rng = np.random.default_rng(21)
    skewed = np.round(rng.lognormal(0, 1, 24), 6)
    other = np.round(rng.lognormal(0.5, 0.6, 15), 6)
    mates = np.round(skewed * 0.7 + rng.lognormal(0, 0.3, 24), 6)
    for name, (data, statistic, paired) in {
        "mean": ((skewed,), np.mean, False),
        "median": ((skewed,), np.median, False),
        "ratio of groups": ((skewed, other), ratio, False),
        "ratio of pairs": ((skewed, mates), ratio, True),
    }.items():
        # 199 replicates fit into a file; the formula does not care how many there are.
        bca = stats.bootstrap(data, statistic, n_resamples=199, method="BCa", paired=paired, random_state=3,
                              vectorized=not paired)
        percentile = stats.bootstrap(data, statistic, n_resamples=199, method="percentile", paired=paired,
                                     random_state=3, vectorized=not paired)
        leave = lambda i, j: [np.delete(d, j) if paired or k == i else d for k, d in enumerate(data)]
        left_out = [[statistic(*leave(i, j)) for j in range(len(data[i]))] for i in range(1 if paired else len(data))]
        found.append({"name": name, "data": data, "estimate": statistic(*data), "left_out": left_out,
                      "replicates": bca.bootstrap_distribution, "bca": list(bca.confidence_interval),
                      "percentile": list(percentile.confidence_interval)})
    write("bootstrap", found)

    found = []
    for kind, tables in (("groups", groups()), ("pairs", pairs())):
        for name, (x, y) in tables.items():
            x, y = np.array(x, float), np.array(y, float)
            if len(x) > 9 or len(x) + len(y) > 18:
                continue
            case = {"name": name, "kind": kind, "x": x, "y": y}
            for side in ("two-sided", "less", "greater"):
                test = stats.permutation_test((x, y), difference, alternative=side, n_resamples=np.inf,
                                              permutation_type="independent" if kind == "groups" else "samples")
                case[f"p {side}"] = test.pvalue
            found.append(case)
    write("permutation", found)


resampling()
