"""descriptives, correlation, two_groups, paired, multiple: one column, two columns, many p-values."""
import itertools
import math

import numpy as np
from scipy import integrate, optimize, special, stats
from scipy.stats import mstats
from statsmodels.stats.multitest import multipletests

from tables import groups, pairs, write


def descriptives():
    rng = np.random.default_rng(7)
    columns = {
        "one": [4.25],
        "two": [1.0, 4.0],
        "constant": [3.0] * 6,
        "ties": [1, 2, 2, 2, 3, 9, 9, 10, 40, -7],
        "outliers": np.concatenate([np.round(rng.normal(50, 3, 37), 6), [90, -30]]),
        "large offset": 1e9 + np.round(rng.normal(size=31), 3),
        "skewed": np.round(rng.lognormal(0, 1.5, 64), 9),
    }
    found = []
    for name, values in columns.items():
        x = np.array(values, float)
        q1, q3 = np.quantile(x, [0.25, 0.75])
        iqr = q3 - q1
        found.append({
            "name": name, "x": x, "mean": math.fsum(x) / len(x),
            "sd": np.std(x, ddof=1) if len(x) > 1 else None,
            "median": np.median(x), "q1": q1, "q3": q3, "q10": np.quantile(x, 0.1),
            "mad": stats.median_abs_deviation(x),
            "mad_normal": stats.median_abs_deviation(x, scale="normal"),
            "trimmed": stats.trim_mean(x, 0.1), "trimmed25": stats.trim_mean(x, 0.25),
            "winsorised": float(np.mean(np.asarray(mstats.winsorize(x, (0.1, 0.1))))),
            "winsorised20": float(np.mean(np.asarray(mstats.winsorize(x, (0.2, 0.2))))),
            "outliers": np.nonzero((x < q1 - 1.5 * iqr) | (x > q3 + 1.5 * iqr))[0],
        })
    write("descriptives", found)


def exact_spearman(x, y):
    """Share of all orders of y at least as far from zero."""
    a, b = stats.rankdata(x), stats.rankdata(y)
    a, b = a - a.mean(), b - b.mean()
    orders = np.array(list(itertools.permutations(b)))
    return float(np.mean(np.abs(orders @ a) >= abs(a @ b) - 1e-9))


def correlation():
    found = []
    for name, (x, y) in pairs().items():
        r = stats.pearsonr(x, y)
        rho = stats.spearmanr(x, y)
        tau = stats.kendalltau(x, y)
        low, high = r.confidence_interval() if len(x) > 3 else (None, None)
        found.append({
            "name": name, "x": x, "y": y, "r": r[0], "r_p": r[1], "r_low": low, "r_high": high,
            "rho": rho[0], "rho_p": rho[1], "rho_exact_p": exact_spearman(x, y) if len(x) < 9 else None,
            "tau": tau[0], "tau_p": tau[1], "tau_asymptotic_p": stats.kendalltau(x, y, method="asymptotic")[1],
        })
    write("correlation", found)


def exact_rank_sum(x, y):
    """Mann–Whitney over all ways to deal the values out, ties as they are: two-sided, less, greater."""
    both = stats.rankdata(np.concatenate([x, y]))
    sums = np.array([sum(part) for part in itertools.combinations(both, len(x))])
    observed = both[:len(x)].sum()
    less, greater = np.mean(sums <= observed + 1e-9), np.mean(sums >= observed - 1e-9)
    return [min(1, 2 * min(less, greater)), less, greater]


def cliffs_delta(x, y, confidence=0.95):
    """Cliff 1996, and Feng and Cliff 2004 for the interval, from the full matrix of dominances."""
    d = np.sign(np.subtract.outer(x, y))
    n, m = d.shape
    delta = d.mean()
    z = stats.norm.ppf(0.5 + confidence / 2)
    if abs(delta) == 1:
        bound = (min(n, m) - z * z) / (min(n, m) + z * z)
        return [delta, bound, 1] if delta > 0 else [delta, -1, -bound]
    rows, cols = d.mean(axis=1), d.mean(axis=0)
    variance = (m * m * ((rows - delta) ** 2).sum() + n * n * ((cols - delta) ** 2).sum() - ((d - delta) ** 2).sum()) / (
        n * m * (n - 1) * (m - 1))
    variance = max(variance, (1 - delta ** 2) / (n * m - 1))
    half = z * np.sqrt(variance) * np.sqrt((1 - delta ** 2) ** 2 + z * z * variance)
    scale = 1 - delta ** 2 + z * z * variance
    return [delta, max(-1, (delta - delta ** 3 - half) / scale), min(1, (delta - delta ** 3 + half) / scale)]


def hedges(x, y):
    n, m = len(x), len(y)
    df = n + m - 2
    t = stats.ttest_ind(x, y)[0]
    factor = special.gamma(df / 2) / (np.sqrt(df / 2) * special.gamma((df - 1) / 2)) if df < 300 else None
    scale = factor * np.sqrt(1 / n + 1 / m)


    def cdf(noncentrality):
        """P(T <= t) of the noncentral t, integrated over s = sqrt(chi²/df): SciPy's own has 8 digits only."""
        log_norm = np.log(2) + df / 2 * np.log(df / 2) - special.gammaln(df / 2)
        f = lambda s: special.ndtr(t * s - noncentrality) * np.exp(log_norm + (df - 1) * np.log(s) - df * s * s / 2)
        return sum(integrate.quad(f, a, b, epsabs=1e-15, epsrel=1e-13, limit=500)[0]
                   for a, b in itertools.pairwise([0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3, 6, 12]))

    at = lambda p: optimize.brentq(lambda c: cdf(c) - p, t - 15 - abs(t), t + 15 + abs(t), xtol=1e-13)
    return [scale * t, scale * at(0.975), scale * at(0.025)]


def t_quantile(df):
    """That of 97.5 %; SciPy's own t.ppf has 9 digits."""
    return optimize.brentq(lambda t: special.betainc(df / 2, 0.5, df / (df + t * t)) - 0.05, 1, 13, xtol=1e-15, rtol=1e-15)


def two_groups():
    found = []
    for name, (x, y) in groups().items():
        x, y = np.array(x, float), np.array(y, float)
        case = {"name": name, "x": x, "y": y}
        offset = 1e7 if name == "large offset" else 0  # taken off (exactly) where SciPy would lose digits to it
        x, y = x - offset, y - offset
        for side in ("two-sided", "less", "greater"):
            u = stats.mannwhitneyu(x, y, alternative=side)
            case[f"u_p {side}"] = u[1]
            case["u"] = u[0]
            case[f"u_asymptotic_p {side}"] = stats.mannwhitneyu(x, y, alternative=side, method="asymptotic")[1]
            case[f"student_p {side}"] = stats.ttest_ind(x, y, alternative=side)[1]
            case[f"welch_p {side}"] = stats.ttest_ind(x, y, alternative=side, equal_var=False)[1]
        case["delta"] = cliffs_delta(x, y)
        case["u_exact_p"] = exact_rank_sum(x, y) if len(x) + len(y) <= 12 else None
        for key, equal in (("student", True), ("welch", False)):
            test = stats.ttest_ind(x, y, equal_var=equal)
            a, b = x.var(ddof=1) / len(x), y.var(ddof=1) / len(y)
            df = len(x) + len(y) - 2 if equal else (a + b) ** 2 / (a * a / (len(x) - 1) + b * b / (len(y) - 1))
            se = (x.mean() - y.mean()) / test[0]
            half = t_quantile(df) * se
            case[key] = [x.mean() - y.mean(), se, test[0], df, x.mean() - y.mean() - half, x.mean() - y.mean() + half]
        case["hedges"] = hedges(x, y) if name != "tail" else None
        found.append(case)
    write("two_groups", found)


def exact_signs(x, y):
    d = (x - y)[x != y]
    ranks = stats.rankdata(np.abs(d))
    sums = np.array([np.dot(signs, ranks) for signs in itertools.product((0, 1), repeat=len(d))])
    observed = ranks[d > 0].sum()
    less, greater = np.mean(sums <= observed + 1e-9), np.mean(sums >= observed - 1e-9)
    return [min(1, 2 * min(less, greater)), less, greater]


def paired():
    found = []
    for name, (x, y) in pairs().items():
        if name in ("large offset", "perfect order"):
            continue
        d = x - y
        plain = len(set(np.abs(d))) == len(d) and not (d == 0).any() and len(d) <= 50
        case = {"name": name, "x": x, "y": y, "plain": plain}
        for side in ("two-sided", "less", "greater"):
            auto = stats.wilcoxon(x, y, alternative=side, mode="exact" if plain else "approx")
            case[f"w_p {side}"] = auto[1]
            case[f"t_p {side}"] = stats.ttest_rel(x, y, alternative=side)[1]
        ranks = stats.rankdata(np.abs(d[d != 0]))
        case["w_plus"], case["w_minus"] = ranks[d[d != 0] > 0].sum(), ranks[d[d != 0] < 0].sum()
        case["w_exact_p"] = exact_signs(x, y) if len(x) <= 12 else None
        case["t"] = stats.ttest_rel(x, y)[0]
        found.append(case)
    write("paired", found)


def multiple():
    found = []
    for p in ([0.04], [0.01, 0.04, 0.03, 0.005], [0.2, 0.2, 0.01, 0.01, 1.0, 0.0], [0.6, 0.9, 0.8],
              [1e-40, 0.049, 0.051, 0.013, 0.0021, 0.7, 0.33]):
        found.append({"p": p, "holm": multipletests(p, method="holm")[1], "bh": multipletests(p, method="fdr_bh")[1]})
    write("multiple", found)


for make in (descriptives, correlation, two_groups, paired, multiple):
    make()
