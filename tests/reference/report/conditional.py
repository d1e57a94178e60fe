"""A study in which momentum applies to one optimiser only: conditional.csv, in the format of `frugal export --rows trials`,
and its least squares by statsmodels, one-hot with "does not apply" as a level, by the pseudo-inverse: conditional.json.
Debian 12: python3 conditional.py  (python3-pandas 1.5.3, python3-statsmodels 0.13.5)"""
import json

import numpy as np
import pandas as pd
import statsmodels.api as sm

rng = np.random.default_rng(7)
rows = []
for trial in range(24):
    optimizer = ["sgd", "adam"][trial % 2]
    momentum = [0.0, 0.9][(trial // 2) % 2] if optimizer == "sgd" else None
    batch = [16, 64][(trial // 4) % 2]
    energy = 100 + (20 if batch == 16 else 0) - (15 if optimizer == "adam" else 0) + (8 if momentum == 0.9 else 0)
    rows.append(("s", trial, 0, batch, optimizer, momentum, 5, 0.9 + 0.001 * trial, round(energy + rng.normal(0, 2), 3)))
table = pd.DataFrame(rows, columns=["study", "trial", "repeat", "batch_size", "optimizer", "momentum", "epoch", "accuracy", "energy_j"])
table["phase"] = "all"
table.to_csv("conditional.csv", index=False)

levels = {"batch_size": [16, 64], "optimizer": ["adam", "sgd"], "momentum": [0.0, 0.9, "does not apply"]}
columns = {}
for name, values in levels.items():
    cells = table[name].where(table[name].notna(), "does not apply") if name == "momentum" else table[name]
    for value in values:
        columns["%s=%s" % (name, "%g" % value if isinstance(value, float) else value)] = (cells == value).astype(float)
fit = sm.OLS(table["energy_j"], pd.DataFrame(columns)).fit(method="pinv")
json.dump({"n": int(fit.nobs), "rank": int(fit.model.rank), "r_squared": fit.rsquared,
           "coefficients": {name: [fit.params[name], fit.bse[name], fit.pvalues[name]] for name in columns}},
          open("conditional.json", "w"), indent=1)
