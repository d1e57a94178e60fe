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


def coefficients(fit):
    """coef, std_err, t, p_value, ci_low, ci_high."""
    return np.column_stack([fit.params, fit.bse, fit.tvalues, fit.pvalues, np.asarray(fit.conf_int())])


def summary(fit):
    return {"coefficients": coefficients(fit), "r_squared": fit.rsquared, "r_squared_adj": fit.rsquared_adj,
            "rank": np.linalg.matrix_rank(fit.model.exog), "df_residual": fit.df_resid}


def regression():
    rng = np.random.default_rng(13)
    n = 90
    names = {"batch": ["128", "32", "4", "64"], "optimizer": ["adam", "adamw", "sgd"], "schedule": ["cosine", "none"]}
    found = []
    for name in ("plain", "large offset", "log", "collinear", "two factors"):
        frame = pd.DataFrame({k: rng.choice(v, n, p=np.arange(1, len(v) + 1) / sum(range(1, len(v) + 1)))
                              for k, v in names.items()})
        frame["same"] = frame.optimizer.map({"adam": "x", "adamw": "y", "sgd": "z"})
        mean = frame.batch.map({"4": 3, "32": 1, "64": 0.5, "128": 0}) + (frame.optimizer == "sgd") * 0.7
        y = np.round(mean + rng.normal(0, 0.3 + 0.4 * (frame.schedule == "none"), n), 4)
        if name == "large offset":
            y = y + 1e6
        if name == "log":
            y = np.round(np.exp(y), 6)
        frame["y"] = y
        fitted = np.log(y) if name == "log" else y - 1e6 if name == "large offset" else y
        offset = 1e6 if name == "large offset" else 0
        factors = ["batch", "optimizer"] + {"two factors": [], "collinear": ["same"]}.get(name, ["schedule"])
        case = {"name": name, "factors": factors, "offset": offset, "y": list(y), "log": name == "log",
                "columns": {f: list(frame[f]) for f in factors}}

        dummies = pd.concat([pd.get_dummies(frame[f], prefix=f, prefix_sep="=") for f in factors], axis=1).astype(float)
        one_hot = sm.OLS(fitted, dummies).fit(method="pinv")
        case["one_hot"] = summary(one_hot) | {"names": list(dummies.columns), "f": one_hot.fvalue, "f_p": one_hot.f_pvalue}
        robust = sm.OLS(fitted, dummies).fit(method="pinv", cov_type="HC3", use_t=True)
        case["one_hot_hc3"] = coefficients(robust)
        differences = {f: [(f"{f}={a}", f"{f}={b}") for a, b in itertools.combinations(sorted(set(frame[f])), 2)]
                       for f in factors}
        case["contrasts"] = {}
        for f, some in differences.items():
            c = np.array([[float(column == a) - float(column == b) for column in dummies.columns] for a, b in some])
            test = one_hot.t_test(c)
            case["contrasts"][f] = np.column_stack([test.effect, test.sd.ravel(), test.tvalue.ravel(), test.pvalue.ravel()])

        if name != "collinear":
            x = pd.concat([pd.Series(1.0, frame.index, name="intercept")] + [
                pd.get_dummies(frame[f], prefix=f, prefix_sep="=", drop_first=True) for f in factors], axis=1).astype(float)
            full = sm.OLS(fitted, x).fit()
            robust = sm.OLS(fitted, x).fit(cov_type="HC3", use_t=True)
            lm = het_breuschpagan(full.resid, x)
            jb = jarque_bera(full.resid)
            influence = full.get_influence()
            case["full"] = summary(full) | {
                "names": list(x.columns), "f": full.fvalue, "f_p": full.f_pvalue, "hc3": coefficients(robust),
                "hc3_f": robust.fvalue, "hc3_f_p": robust.f_pvalue, "bp": lm[0], "bp_p": lm[1], "jb": jb,
                "cook": influence.cooks_distance[0].max(), "cook_row": influence.cooks_distance[0].argmax(),
                "leverage": influence.hat_matrix_diag.max()}
            covariate = np.round(rng.lognormal(-6, 1, n), 8)
            with_covariate = sm.OLS(fitted, x.assign(rate=covariate)).fit()
            case["covariate"] = list(covariate)
            case["with_covariate"] = coefficients(with_covariate)

        folds = rng.permutation(n) % 5
        design, errors, totals = dummies.values, 0, 0
        for fold in range(5):
            train, test = folds != fold, folds == fold
            beta = np.linalg.pinv(design[train]) @ np.asarray(fitted)[train]
            errors += ((np.asarray(fitted)[test] - design[test] @ beta) ** 2).sum()
            totals += ((np.asarray(fitted)[test] - np.asarray(fitted)[train].mean()) ** 2).sum()
        case["folds"], case["cv_r_squared"] = folds, 1 - errors / totals
        found.append(case)
    write("regression", found)


for make in (several_groups, two_way, regression):
    make()
