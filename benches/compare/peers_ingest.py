"""The peers of omni-ingest: reading CSV and NDJSON, and finding one person's records.

usage: peers_ingest.py ONLINE_RETAIL.csv ONLINE_RETAIL.ndjson FEBRL1.csv FEBRL3.csv
Prints one JSON line per task, as peers.py does. One thread; the fastest of several runs.
The answer of a reader is the sum of quantity times price, that of a matcher its F1.
"""
import itertools
import json
import os
import sys
import time
import warnings

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS"):
    os.environ[name] = "1"
warnings.filterwarnings("ignore")

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

ROWS = 541_909


def report(task, size, tool, run, repeats):
    best, answer = float("inf"), None
    for _ in range(repeats):
        start = time.perf_counter()
        answer = run()
        best = min(best, time.perf_counter() - start)
    print(json.dumps(dict(task=task, size=size, tool=tool, seconds=best, answer=float(answer))), flush=True)


def connect():
    connection = duckdb.connect()
    connection.execute("set threads=1")
    return connection


def reading_csv(path):
    def by_pandas():
        rows = pd.read_csv(path, dtype={"InvoiceNo": str, "StockCode": str}, parse_dates=["InvoiceDate"])
        return (rows.Quantity * rows.UnitPrice).sum()

    def by_polars():
        rows = pl.read_csv(path, schema_overrides={"InvoiceNo": pl.String, "StockCode": pl.String,
                                                   "CustomerID": pl.Float64}, try_parse_dates=True)
        return rows.select((pl.col("Quantity") * pl.col("UnitPrice")).sum()).item()

    def by_duckdb():
        columns = ("{'InvoiceNo':'VARCHAR','StockCode':'VARCHAR','Description':'VARCHAR','Quantity':'BIGINT',"
                   "'InvoiceDate':'TIMESTAMP','UnitPrice':'DECIMAL(18,3)','CustomerID':'DOUBLE','Country':'VARCHAR'}")
        connection = connect()
        connection.execute(f"create table t as select * from read_csv('{path}', header=true, columns={columns})")
        return connection.execute("select sum(Quantity*UnitPrice) from t").fetchone()[0]

    def by_pyarrow():
        types = {"InvoiceNo": pa.string(), "StockCode": pa.string(), "InvoiceDate": pa.timestamp("s")}
        table = pacsv.read_csv(path, read_options=pacsv.ReadOptions(use_threads=False),
                               convert_options=pacsv.ConvertOptions(column_types=types))
        return pc.sum(pc.multiply(table["Quantity"].cast(pa.float64()), table["UnitPrice"])).as_py()

    for task in ("read Online Retail", "type and check Online Retail"):
        report(task, ROWS, "pandas 2.3.3", by_pandas, 3)
        report(task, ROWS, "polars 2.1.0", by_polars, 3)
        report(task, ROWS, "duckdb 2.0.0", by_duckdb, 3)
        report(task, ROWS, "pyarrow 26.0.1", by_pyarrow, 3)


def reading_ndjson(path):
    def by_polars():
        rows = pl.read_ndjson(path)
        return rows.select((pl.col("Quantity") * pl.col("UnitPrice")).sum()).item()

    def by_duckdb():
        connection = connect()
        connection.execute(f"create table t as select * from read_json('{path}', format='newline_delimited')")
        return connection.execute("select sum(Quantity*UnitPrice) from t").fetchone()[0]

    report("type and check NDJSON", ROWS, "polars 2.1.0", by_polars, 3)
    report("type and check NDJSON", ROWS, "duckdb 2.0.0", by_duckdb, 3)


COLUMNS = ["given_name", "surname", "street_number", "address_1", "address_2", "suburb", "postcode",
           "state", "date_of_birth", "soc_sec_id"]


def people(path):
    rows = pd.read_csv(path, dtype=str, skipinitialspace=True, keep_default_na=False)
    rows.columns = [column.strip() for column in rows.columns]
    for column in rows.columns:
        rows[column] = rows[column].str.strip()
    rows = rows.replace("", None)
    rows["person"] = rows["rec_id"].str.extract(r"rec-(\d+)")[0]
    return rows


def pairs_together(labels):
    groups = {}
    for member, label in enumerate(labels):
        groups.setdefault(label, []).append(member)
    return {pair for members in groups.values() for pair in itertools.combinations(members, 2)}


def f1(found, truth):
    right = len(found & truth)
    return 2 * right / (len(found) + len(truth))


def matching(task, path):
    rows = people(path)
    truth = pairs_together(rows["person"])

    def by_splink():
        import logging
        import splink.comparison_library as cl
        from splink import Linker, SettingsCreator, block_on
        from splink.internals.duckdb.database_api import DuckDBAPI

        logging.getLogger("splink").setLevel(logging.ERROR)
        similar = cl.JaroWinklerAtThresholds
        near = cl.DamerauLevenshteinAtThresholds
        settings = SettingsCreator(
            link_type="dedupe_only",
            unique_id_column_name="rec_id",
            comparisons=[similar("given_name", [0.9, 0.7]), similar("surname", [0.9, 0.7]),
                         near("date_of_birth", [1, 2]), near("soc_sec_id", [1, 2]),
                         cl.ExactMatch("street_number"), near("postcode", [1, 2]),
                         similar("address_1", [0.9, 0.8]), similar("suburb", [0.9, 0.8]), cl.ExactMatch("state")],
            blocking_rules_to_generate_predictions=[
                block_on("soc_sec_id"), block_on("date_of_birth"), block_on("given_name", "surname"),
                block_on("postcode", "surname"), block_on("given_name", "postcode"), block_on("address_1")],
            em_convergence=1e-4, max_iterations=100)
        api = DuckDBAPI(connect())
        linker = Linker(api.register(rows[["rec_id"] + COLUMNS]), settings, log_level=40)
        linker.training.estimate_probability_two_random_records_match(
            [block_on("soc_sec_id"), block_on("given_name", "surname", "date_of_birth")], recall=0.8)
        linker.training.estimate_u_using_random_sampling(max_pairs=1e9, seed=1, min_count_per_level=None, num_chunks=1)
        for rule in (["date_of_birth"], ["postcode"], ["given_name", "surname"]):
            linker.training.estimate_parameters_using_expectation_maximisation(
                block_on(*rule), record_sample_proportion=1.0)
        scored = linker.inference.predict(threshold_match_probability=0.01)
        clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(scored, threshold_match_probability=0.5)
        label = clusters.as_pandas_dataframe().set_index("rec_id")["cluster_id"]
        return f1(pairs_together(rows["rec_id"].map(label)), truth)

    def by_recordlinkage():
        import recordlinkage

        indexed = rows.set_index("rec_id")
        index = recordlinkage.Index()
        for column in ("soc_sec_id", "date_of_birth", "address_1", ["given_name", "surname"],
                       ["postcode", "surname"], ["given_name", "postcode"]):
            index.block(column)
        candidates = index.index(indexed)
        compare = recordlinkage.Compare()
        for column in ("given_name", "surname", "address_1", "suburb"):
            compare.string(column, column, method="jarowinkler", threshold=0.85)
        for column in ("date_of_birth", "soc_sec_id", "postcode", "street_number", "state"):
            compare.exact(column, column)
        sums = compare.compute(candidates, indexed).sum(axis=1)
        place = {key: at for at, key in enumerate(indexed.index)}
        found = {tuple(sorted((place[a], place[b]))) for a, b in sums[sums >= 4].index}
        return f1(found, truth)

    report(task, len(rows), "Splink 5.0.0", by_splink, 1)
    report(task, len(rows), "recordlinkage 0.16", by_recordlinkage, 1)


reading_csv(sys.argv[1])
reading_ndjson(sys.argv[2])
matching("persons of Febrl 1", sys.argv[3])
matching("persons of Febrl 3", sys.argv[4])
