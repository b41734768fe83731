"""Reads WFDB annotation files with wfdb-python, a reader that shares no code with the package, and prints them as a JSON list."""
import json
import sys

import wfdb


def read(path):
    a = wfdb.rdann(*path.rsplit(".", 1))
    return {"fs": a.fs, "sample": a.sample.tolist(), "symbol": list(a.symbol), "subtype": [int(v) for v in a.subtype],
            "num": [int(v) for v in a.num], "aux": list(a.aux_note)}


print(json.dumps([read(path) for path in sys.argv[1:]]))
