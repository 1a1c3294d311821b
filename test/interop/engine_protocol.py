"""One JSON request a line on standard input, one JSON answer a line on standard output; values in a form in which engines can be compared."""

import datetime
import decimal
import json
import os
import sys

# Answers go where standard output was; whatever an engine prints goes to standard error.
OUT = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def normal(value):
    """Whole numbers and timestamps (microseconds) as texts of digits, dates as ISO texts, bytes as hex, structs as lists, maps as sorted pairs."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if value != value:
            return "NaN"
        if value in (float("inf"), float("-inf")):
            return "Infinity" if value > 0 else "-Infinity"
        return value + 0.0
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, datetime.datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=datetime.timezone.utc)
        difference = aware - EPOCH
        return str((difference.days * 86400 + difference.seconds) * 1000000 + difference.microseconds)
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).hex()
    if isinstance(value, dict):
        return sorted(([normal(key), normal(item)] for key, item in value.items()), key=json.dumps)
    if isinstance(value, (list, tuple)):
        return [normal(item) for item in value]
    raise TypeError(f"a value of type {type(value)} has no normal form")


def serve(answer):
    """Answers requests until there are no more. `answer` gives the rows of a request, or raises."""
    for line in sys.stdin:
        try:
            reply = {"rows": answer(json.loads(line))}
        except Exception as error:  # Whatever goes wrong in an engine is its answer.
            reply = {"error": f"{type(error).__name__}: {error}"[:2000]}
        OUT.write(json.dumps(reply) + "\n")
        OUT.flush()
