"""Writes a CSV of Online Retail as NDJSON with typed numbers. usage: to_ndjson.py IN.csv OUT.ndjson"""
import csv
import json
import sys

with open(sys.argv[1], encoding="utf-8", newline="") as source, open(sys.argv[2], "w", encoding="utf-8") as out:
    for row in csv.DictReader(source):
        row["Quantity"] = int(row["Quantity"])
        row["UnitPrice"] = float(row["UnitPrice"])
        row["CustomerID"] = float(row["CustomerID"]) if row["CustomerID"] else None
        out.write(json.dumps(row, ensure_ascii=False) + "\n")
