"""The peers on the same data: one JSON line per task.

usage: peers.py ONLINE_RETAIL.csv PAIRS.csv.gz RETAIL_DAILY.csv.gz
One thread; the time is the fastest of several runs; `answer` is a number that the
other side must reproduce, so that speed is not bought with another result.
"""
import gzip
import json
import os
import sys
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS"):
    os.environ[name] = "1"

import numpy as np
import pandas as pd
import scipy.sparse as sp


def report(task, size, tool, run, repeats):
    best, answer = float("inf"), None
    for _ in range(repeats):
        start = time.perf_counter()
        answer = run()
        best = min(best, time.perf_counter() - start)
    print(json.dumps(dict(task=task, size=size, tool=tool, seconds=best, answer=float(answer))))


def recommending(path):
    from implicit.nearest_neighbours import CosineRecommender

    rows = pd.read_csv(path)
    users = rows.user.rank(method="dense").astype(int) - 1
    items = rows.item.rank(method="dense").astype(int) - 1
    matrix = sp.csr_matrix((np.ones(len(rows)), (users, items)))
    size = len(rows)
    model = CosineRecommender(K=21, num_threads=1)  # the item itself is one of the 21

    def fit():
        model.fit(matrix, show_progress=False)
        similarity = model.similarity.tocsr()
        similarity.setdiag(0)
        return similarity.sum()

    def top():
        ids, scores = model.recommend(np.arange(matrix.shape[0]), matrix, N=10, filter_already_liked_items=True)
        return scores[scores > 0].sum()

    report("fit item-kNN, 20 neighbors", size, "implicit 0.7.3", fit, 5)
    report("top 10 for every user", matrix.shape[0], "implicit 0.7.3", top, 5)


def forecasting(path):
    from statsforecast.models import TSB, CrostonSBA, SimpleExponentialSmoothingOptimized

    series = []
    with gzip.open(path, "rt") as lines:
        next(lines)
        for line in lines:
            series.append(np.array(line.rstrip("\n").split(",")[3].split(), dtype=float))
    models = {
        "SES, optimized": SimpleExponentialSmoothingOptimized(),
        "SBA": CrostonSBA(),
        "TSB, 0.1 and 0.1": TSB(0.1, 0.1),
    }
    for task, model in models.items():
        def run():
            return sum(model.forecast(y, h=28)["mean"][0] for y in series)
        run()
        report(task, len(series), "statsforecast 2.1.1", run, 3)


recommending(sys.argv[2])
forecasting(sys.argv[3])
