"""several_groups, two_way, regression: statsmodels and SciPy, and formulas where they have none."""
import itertools

import numpy as np
import pandas as pd
import statsmodels.api as sm
import statsmodels.formula.api as smf
from scipy import stats
from statsmodels.stats.diagnostic import het_breuschpagan
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.oneway import anova_oneway
from statsmodels.stats.stattools import jarque_bera

from tables import write


def dunn(groups):
    """Dunn 1964: z of each pair with the variance for ties."""
    everything = np.concatenate(groups)
    n = len(everything)
    ranks = np.split(stats.rankdata(everything), np.cumsum([len(g) for g in groups])[:-1])
    _, t = np.unique(everything, return_counts=True)
    variance = n * (n + 1) / 12 - (t ** 3 - t).sum() / (12 * (n - 1))
    z = [(a.mean() - b.mean()) / np.sqrt(variance * (1 / len(a) + 1 / len(b))) for a, b in itertools.combinations(ranks, 2)]
    return np.array(z), 2 * stats.norm.sf(np.abs(z))


def several_groups():
    rng = np.random.default_rng(11)
    draw = lambda n, mean, sd, digits: np.round(rng.normal(mean, sd, n), digits)
    tables = {
        "two": [draw(5, 0, 1, 6), draw(7, 1, 1, 6)],
        "three with ties": [draw(8, 10, 2, 0), draw(5, 12, 2, 0), draw(9, 11, 3, 0)],
        "unequal": [draw(4, 0, 1, 6), draw(12, 0.5, 4, 6), draw(6, 2, 0.5, 6), draw(3, 1, 1, 6)],
        "far apart": [draw(30, 0, 1, 6), draw(30, 9, 1, 6), draw(30, 4, 1, 6)],
    }
    found = []
    for name, groups in tables.items():
        f = stats.f_oneway(*groups)
        everything = np.concatenate(groups)
        between = sum(len(g) * (g.mean() - everything.mean()) ** 2 for g in groups)
        within = sum(((g - g.mean()) ** 2).sum() for g in groups)
        k, n = len(groups), len(everything)
        welch = anova_oneway(groups, use_var="unequal")
        h = stats.kruskal(*groups)
        z, p = dunn(groups)
        found.append({
            "name": name, "groups": groups, "f": f[0], "f_p": f[1], "eta": between / (between + within),
            "omega": (between - (k - 1) * within / (n - k)) / (between + within + within / (n - k)),
            "welch": [welch.statistic, welch.df_num, welch.df_denom, welch.pvalue],
            "h": h[0], "h_p": h[1], "dunn_z": z, "dunn_p": p, "dunn_holm": multipletests(p, method="holm")[1],
        })
    write("several_groups", found)


def two_way():
    rng = np.random.default_rng(12)
    found = []
    for name, (levels_a, levels_b, offset, strength) in {
        "unbalanced": (3, 2, 0, 1), "large offset": (2, 4, 1e6, 1), "strong": (3, 3, 50, 8),
    }.items():
        rows = []
        for i, j in itertools.product(range(levels_a), range(levels_b)):
            for _ in range(rng.integers(2, 7)):
                effect = strength * (i - 0.5 * j + (0.8 if i == j else 0))
                rows.append((f"a{i}", f"b{j}", round(effect + rng.normal(), 4)))
        frame = pd.DataFrame(rows, columns=["a", "b", "y"]).sample(frac=1, random_state=1)
        case = {"name": name, "a": list(frame.a), "b": list(frame.b), "y": list(frame.y + offset)}
        for kind in (2, 3):
            for label, formula in {"full": "y ~ C(a, Sum) * C(b, Sum)", "additive": "y ~ C(a, Sum) + C(b, Sum)"}.items():
                table = sm.stats.anova_lm(smf.ols(formula, frame).fit(), typ=kind)
                table = table.drop(index="Intercept", errors="ignore")
                table["eta"] = table.sum_sq / table.sum_sq.sum()
                table["partial"] = table.sum_sq / (table.sum_sq + table.sum_sq["Residual"])
                case[f"{label}{kind}"] = table.drop(index="Residual").values
                case[f"{label}{kind}_residual"] = [table.sum_sq["Residual"], table.df["Residual"]]
        found.append(case)
    write("two_way", found)


for make in (several_groups, two_way):
    make()
