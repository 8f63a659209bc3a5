"""The peers of forecasting on the same series: one JSON line per task.

usage: peers_forecast.py MCOMP.csv.gz RETAIL_DAILY.csv.gz
One thread; `answer` is the mean sMAPE of the forecasts, or the sum of the reconciled
forecasts, so that speed is not bought with a worse answer.
"""
import csv
import gzip
import json
import os
import sys
import time
import warnings

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"
warnings.filterwarnings("ignore")
csv.field_size_limit(10**8)

import numpy as np


def report(task, size, tool, run, repeats=1):
    best, answer = float("inf"), None
    for _ in range(repeats):
        start = time.perf_counter()
        answer = run()
        best = min(best, time.perf_counter() - start)
    print(json.dumps(dict(task=task, size=size, tool=tool, seconds=best, answer=float(answer))), flush=True)


def group(path, name):
    """The series of a group: season, horizon, past, future."""
    with gzip.open(path, "rt") as lines:
        return [
            (int(row["season"]), int(row["h"]), *(np.array(row[c].split(), float) for c in ("train", "test")))
            for row in csv.DictReader(lines)
            if row["group"] == name
        ]


def smape(test, forecast):
    return float(np.mean(200 * np.abs(test - forecast) / (np.abs(test) + np.abs(forecast))))


def point(path):
    from statsforecast import models

    monthly, hourly = group(path, "m3_monthly"), group(path, "m4_hourly")
    tool = "statsforecast 2.1.1"
    make = {
        "DOT": models.DynamicOptimizedTheta,
        "AutoETS": models.AutoETS,
        "AutoCES": models.AutoCES,
        "AutoARIMA": lambda season: models.AutoARIMA(season_length=season),
    }

    def of(name, season, horizon, train):
        return np.asarray(make[name](season).forecast(train, horizon)["mean"], float)

    def mean(names, season, horizon, train):
        return np.mean([of(name, season, horizon, train) for name in names], axis=0)

    def run(names, series):
        return lambda: np.mean([smape(test, mean(names, s, h, train)) for s, h, train, test in series])

    of("AutoETS", 12, 1, monthly[0][2])
    report("DOT, M3 monthly", len(monthly), tool, run(["DOT"], monthly))
    report("AutoETS, M3 monthly", len(monthly), tool, run(["AutoETS"], monthly))
    report("AutoCES, M3 monthly", len(monthly), tool, run(["AutoCES"], monthly))
    few = monthly[:30]
    report("AutoARIMA, M3 monthly", len(few), tool, run(["AutoARIMA"], few))
    report("mean of ETS, ARIMA, CES and DOT", len(few), tool, run(list(make), few))
    few = hourly[:15]
    report("AutoETS, M4 hourly", len(few), tool, run(["AutoETS"], few))


def reconciliation(path):
    """500 articles, grouped by the first three and two signs of their number."""
    from hierarchicalforecast.methods import MinTrace

    with gzip.open(path, "rt") as lines:
        rows = list(csv.DictReader(lines))
    bottom = np.array([np.array(row["y"].split(), float)[-128:-28] for row in rows])
    ids = [row["id"] for row in rows]
    groups = [["all"] * len(ids), [i[:2] for i in ids], [i[:3] for i in ids], ids]
    summing = np.vstack([[[float(key == own) for own in level] for key in sorted(set(level))] for level in groups[:-1]] + [np.eye(len(ids))])
    y = summing @ bottom
    # Bottom forecasts look at 28 days, those above at 14, so they do not add up.
    days = [14] * (len(y) - len(ids)) + [28] * len(ids)
    base = np.array([[values[-d:].mean()] for values, d in zip(y, days)])
    fitted = np.hstack([y[:, :1], y[:, :-1]])
    for method, task in (("wls_struct", "reconcile, structural weights"), ("mint_shrink", "reconcile, MinT shrink")):
        def run():
            seen = {} if method == "wls_struct" else dict(y_insample=y[:, 1:], y_hat_insample=fitted[:, 1:])
            return MinTrace(method).fit_predict(S=summing, y_hat=base, **seen)["mean"].sum()

        report(task, len(y), "hierarchicalforecast 1.5.3", run, 3)


point(sys.argv[1])
reconciliation(sys.argv[2])
