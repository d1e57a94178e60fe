"""importance: PED-ANOVA (Watanabe, Bansal, Hutter 2023) written down once more with NumPy and SciPy.

Debian 12 has Optuna 3.1, which lacks PedAnovaImportanceEvaluator (new in 3.6), so these values are not Optuna's own: they
follow the paper (Pearson divergence of the densities of the best and of all runs) with the settings of that
evaluator: 50 grid steps over the range, Scott's bandwidth, truncated discrete normal kernels, a prior of weight one.
"""
import numpy as np
from scipy import stats

from tables import write


def density(counts, categorical):
    n_steps, grid = len(counts), np.arange(len(counts))
    used = grid[counts > 0]
    weights = np.append(counts[counts > 0], 1.0)
    weights = weights / weights.sum()
    if categorical:
        kernels = np.full((len(used) + 1, n_steps), 1.0 / (len(used) + 1))
        kernels[np.arange(len(used)), used] += 1
        return weights @ (kernels / kernels.sum(axis=1, keepdims=True))
    n = counts.sum()
    everything = np.repeat(grid, counts.astype(int))
    cumulated = np.cumsum(counts[counts > 0])
    q25 = used[np.searchsorted(cumulated, n // 4, side="left")]
    q75 = used[min(len(used) - 1, np.searchsorted(cumulated, n * 3 // 4, side="right"))]
    sigma = 1.059 * min((q75 - q25) / 1.34, np.std(everything, ddof=1)) * n ** -0.2
    sigmas = np.append(np.full(len(used), max(sigma, 0.5 / 1.64)), float(n_steps))
    mus = np.append(used, (n_steps - 1) / 2)
    kernels = []
    for mu, s in zip(mus, sigmas):
        t = stats.truncnorm((-0.5 - mu) / s, (n_steps - 0.5 - mu) / s, loc=mu, scale=s)
        kernels.append(t.cdf(grid + 0.5) - t.cdf(grid - 0.5))
    return weights @ np.array(kernels)


def divergence(steps, n_steps, best, categorical):
    count = lambda which: np.bincount(which, minlength=n_steps).astype(float)
    top = density(count(steps[best]), categorical) + 1e-12
    all_ = density(count(steps), categorical) + 1e-12
    return all_ @ (top / all_ - 1) ** 2


def on_grid(values):
    grid = np.linspace(values.min(), values.max(), 50)
    return np.searchsorted(grid, values - (grid[1] - grid[0]) / 2)


def importance():
    rng = np.random.default_rng(31)
    found = []
    for name, n, share in (("many", 300, 0.1), ("few", 24, 0.1), ("a third", 90, 1 / 3)):
        rate = np.round(10 ** rng.uniform(-4, 0, n), 9)
        momentum = np.round(rng.uniform(0, 1, n), 4)
        optimizer = rng.choice(["adam", "adamw", "sgd"], n)
        energy = np.round(100 + 30 * np.abs(np.log10(rate) + 2) + 12 * (optimizer == "sgd") + rng.normal(0, 4, n), 1)
        cutoff = np.sort(energy)[max(int(np.ceil(share * n)), 2) - 1]
        best = energy <= cutoff
        levels = sorted(set(optimizer))
        values = [divergence(on_grid(np.log(rate)), 50, best, False),
                  divergence(on_grid(momentum), 50, best, False),
                  divergence(np.array([levels.index(o) for o in optimizer]), len(levels), best, True)]
        found.append({"name": name, "rate": rate, "momentum": momentum, "optimizer": list(optimizer), "energy": energy,
                      "share": share, "best": best.sum(), "divergence": values, "shares": np.array(values) / sum(values)})
    write("importance", found)


importance()
