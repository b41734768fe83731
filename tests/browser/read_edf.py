"""Reads an EDF+ file with pyedflib, a reader that shares no code with the engine, and prints it as JSON."""
import base64
import json
import sys

import numpy
import pyedflib

with pyedflib.EdfReader(sys.argv[1]) as edf:
    starts, lengths, texts = edf.readAnnotations()
    print(json.dumps({
        "signals": [{
            "label": edf.getLabel(i), "unit": edf.getPhysicalDimension(i), "fs": edf.getSampleFrequency(i),
            "samples": base64.b64encode(edf.readSignal(i).astype(numpy.float32).tobytes()).decode(),
        } for i in range(edf.signals_in_file)],
        "annotations": [{"t_s": float(t), "duration_s": float(d), "text": str(text)} for t, d, text in zip(starts, lengths, texts)],
    }))
