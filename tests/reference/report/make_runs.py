"""runs.csv: made-up runs of a small factorial design; runs.json: what pandas, SciPy and statsmodels say of it."""
import itertools
import json
import pathlib

import numpy as np
import pandas as pd
import statsmodels.api as sm
import statsmodels.formula.api as smf
from scipy import stats
from statsmodels.stats.oneway import anova_oneway

FOLDER = pathlib.Path(__file__).parent


def make():
    rng = np.random.default_rng(31)
    rows = []
    for batch, rate, optimizer in itertools.product([16, 64, 256], [0.01, 0.1], ["adam", "sgd"]):
        for repeat in range(5 if (batch, optimizer) != (16, "sgd") else 6):
            energy = 900 / batch ** 0.4 * (1.25 if optimizer == "adam" else 1) * np.exp(rng.normal(0, 0.06))
            accuracy = 0.9 - 0.00012 * batch - 0.03 * (rate > 0.05) * (optimizer == "adam") + rng.normal(0, 0.008)
            rows.append((f"b{batch}-{optimizer}-{rate}", repeat, batch, rate, optimizer, 5 if batch < 256 else 8,
                         round(accuracy, 4), round(energy, 3)))
    frame = pd.DataFrame(rows, columns="id repeat batch_size learning_rate optimizer epochs accuracy energy_j".split())
    frame.loc[7, "accuracy"] = np.nan
    frame.loc[19, "energy_j"] = np.nan
    return frame


def coefficients(fit):
    return np.column_stack([fit.params, fit.bse, fit.tvalues, fit.pvalues, np.asarray(fit.conf_int())]).tolist()


def correlation(frame, test):
    found = []
    for x, y in [("batch_size", "energy_j"), ("learning_rate", "energy_j"), ("batch_size", "accuracy"),
                 ("learning_rate", "accuracy"), ("energy_j", "accuracy")]:
        pair = frame[[x, y]].dropna()
        r, p = test(pair[x], pair[y])
        found.append([x, y, float(r), float(p), len(pair)])
    return found


def judged(frame, original, column):
    found = {}
    for name in sorted(set(frame.id)):
        if name == original:
            continue
        x, y = frame[frame.id == name][column].dropna(), frame[frame.id == original][column].dropna()
        ties = len(set(x) | set(y)) < len(x) + len(y)
        assert not ties
        u, p = stats.mannwhitneyu(x, y, method="exact")
        delta = float(np.sign(np.subtract.outer(x.values, y.values)).mean())
        verdict = 0 if p > 0.05 or abs(delta) < 0.147 else int(np.sign(delta))
        found[name] = [float(u), float(p), delta, verdict]
    return found


def front(frame):
    both = frame.dropna(subset=["energy_j", "accuracy"])
    return sorted(int(i) + 1 for i, run in both.iterrows() if not (
        (both.energy_j <= run.energy_j) & (both.accuracy >= run.accuracy)
        & ((both.energy_j < run.energy_j) | (both.accuracy > run.accuracy))).any())


def analysis(frame):
    whole = frame.dropna(subset=["energy_j"])
    dummies = pd.concat([pd.get_dummies(whole[f], prefix=f, prefix_sep="=") for f in ("batch_size", "learning_rate", "optimizer")],
                        axis=1).astype(float)
    one_hot = sm.OLS(whole.energy_j, dummies).fit(method="pinv")
    groups = [g.energy_j.values for _, g in whole.groupby("optimizer")]
    sizes = [g.energy_j.values for _, g in whole.groupby("batch_size")]
    welch = anova_oneway(sizes, use_var="unequal")
    found = {"pearson": correlation(frame, stats.pearsonr), "spearman": correlation(frame, stats.spearmanr)}
    found["ols"] = {"names": list(dummies.columns), "coefficients": coefficients(one_hot), "r_squared": one_hot.rsquared,
                    "r_squared_adj": one_hot.rsquared_adj, "f": one_hot.fvalue, "f_p": one_hot.f_pvalue, "n": len(whole),
                    "rank": int(np.linalg.matrix_rank(dummies.values))}
    for kind in (2, 3):
        table = sm.stats.anova_lm(smf.ols("energy_j ~ C(batch_size, Sum) * C(optimizer, Sum)", whole).fit(), typ=kind)
        table = table.drop(index="Intercept", errors="ignore")
        table["eta"] = table.sum_sq / table.sum_sq.sum()
        table["partial"] = table.sum_sq / (table.sum_sq + table.sum_sq["Residual"])
        found[f"anova{kind}"] = table.drop(index="Residual").values.tolist()
    found["kruskal_optimizer"] = list(map(float, stats.kruskal(*groups)))
    found["kruskal_batch_size"] = list(map(float, stats.kruskal(*sizes)))
    found["welch_batch_size"] = [float(welch.statistic), float(welch.df_num), float(welch.df_denom), float(welch.pvalue)]
    found["one_way_batch_size"] = list(map(float, stats.f_oneway(*sizes)))
    original = "b64-adam-0.01"
    found["tradeoff"] = {c: judged(frame, original, c) for c in ("energy_j", "accuracy")}
    found["greener"] = sorted(m for m, e in found["tradeoff"]["energy_j"].items()
                              if e[3] < 0 and found["tradeoff"]["accuracy"][m][3] >= 0)
    both = frame.dropna(subset=["energy_j", "accuracy"])
    eq = both.accuracy / (both.energy_j / 3600 / both.epochs)
    found["eq"] = {"best": [[int(i) + 1, float(v)] for i, v in eq.sort_values(ascending=False).head(10).items()],
                   "median": float(eq.median()), "mean": float(eq.mean()), "n": len(eq)}
    found["front"] = front(frame)
    return found


runs = make()
runs.to_csv(FOLDER / "runs.csv", index=False)
again = pd.read_csv(FOLDER / "runs.csv")
(FOLDER / "runs.json").write_text(json.dumps(analysis(again), indent=1) + "\n")
