"""Reads an HL7 aECG document with Python's own XML parser and prints what it holds as JSON, by the standard alone.

A lead is a list of pieces, each with the time of its first sample and its values in microvolts (base64 of 64-bit floats). Times are
seconds, from the start of the recording or, where the document has dates, since 1970 in local time.
"""
import base64
import datetime
import json
import struct
import sys
import xml.etree.ElementTree as ElementTree

HL7 = "{urn:hl7-org:v3}"
TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
UNITS = {"s": 1.0, "ms": 1e-3, "uV": 1.0, "mV": 1e3}


def find(node, path):
    return node.find("/".join(HL7 + name for name in path.split("/")))


def every(node, path):
    return node.findall("/".join(HL7 + name for name in path.split("/")))


def quantity(node):
    return float(node.get("value")) * UNITS[node.get("unit")]


def timestamp(text):
    return datetime.datetime.strptime(text, "%Y%m%d%H%M%S.%f").replace(tzinfo=datetime.timezone.utc).timestamp()


def time_of(node, kind):
    """A point in time: of a type whose name ends in TS a date, in PQ a quantity."""
    return timestamp(node.get("value")) if kind.endswith("TS") else quantity(node)


def read_value(node):
    kind = node.get(TYPE)
    if kind == "PQ":
        return quantity(node)
    return {"REAL": float, "BL": lambda text: text == "true"}[kind](node.get("value"))


def read_annotation(node):
    value, region = find(node, "value"), find(node, "support/supportingROI")
    out = {"code": find(node, "code").get("code"), "system": find(node, "code").get("codeSystem"), "value": None if value is None else read_value(value),
           "within": [read_annotation(inner) for inner in every(node, "component/annotation")]}
    if region is not None:
        bound = find(region, "component/boundary/value")
        out["t_s"] = time_of(find(bound, "center"), bound.get(TYPE))
    return out


def read_series(node):
    leads = {}
    for sequences in every(node, "component/sequenceSet"):
        time, *rest = every(sequences, "component/sequence")
        axis = find(time, "value")
        start, step = time_of(find(axis, "head"), axis.get(TYPE)), quantity(find(axis, "increment"))
        lengths = set()
        for sequence in rest:
            code, value = find(sequence, "code"), find(sequence, "value")
            origin, scale = quantity(find(value, "origin")), quantity(find(value, "scale"))
            samples = [origin + scale * int(digit) for digit in find(value, "digits").text.split()]
            lengths.add(len(samples))
            lead = leads.setdefault(code.get("code"), {"words": code.get("displayName"), "system": code.get("codeSystem"), "pieces": []})
            lead["pieces"].append({"t_s": start, "step_s": step, "scale": scale, "uv": base64.b64encode(struct.pack(f"<{len(samples)}d", *samples)).decode()})
        if len(lengths) != 1:
            raise ValueError(f"sequences of different lengths in one set: {sorted(lengths)}")
    return {"id": find(node, "id").get("root"), "code": find(node, "code").get("code"), "words": find(node, "code").get("displayName"),
            "software": getattr(find(node, "author/seriesAuthor/manufacturedSeriesDevice/softwareName"), "text", None), "leads": leads,
            "annotations": [read_annotation(a) for a in every(node, "subjectOf/annotationSet/component/annotation")],
            "derived": [read_series(inner) for inner in every(node, "derivation/derivedSeries")]}


root = ElementTree.parse(sys.argv[1]).getroot()
if root.tag != HL7 + "AnnotatedECG":
    raise ValueError(f"the root is {root.tag}")
span = find(root, "effectiveTime")
print(json.dumps({
    "id": find(root, "id").get("root"), "text": find(root, "text").text,
    "subject": dict(find(root, "componentOf/timepointEvent/componentOf/subjectAssignment/subject/trialSubject/id").attrib),
    "span": None if span.get("nullFlavor") else [timestamp(find(span, end).get("value")) for end in ("low", "high")],
    "series": [read_series(node) for node in every(root, "component/series")],
}))
