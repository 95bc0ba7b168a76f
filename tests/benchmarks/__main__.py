"""Run benchmarks by name, or all of them: ``make bench ARGS="import api"``; ``--json`` ends with one object."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# A durable cluster of its own: figures of a scratch cluster would flatter.
os.environ.setdefault("OMS_DATA_FOLDER", str(ROOT / ".data" / "bench"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oms.settings.development")
os.environ.setdefault("OMS_SHARED_DATA", str(ROOT.parent / "shared" / "data"))


def main() -> None:
    """Set up a retailer for the benchmarks, run them, print a row for each figure."""
    import django

    django.setup()
    from tests.benchmarks.figures import Figure
    from tests.benchmarks.runs import BENCHMARKS
    from tests.benchmarks.setting import prepare

    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("names", nargs="*", choices=[[], *BENCHMARKS], help="Default: all.")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    prepare()
    figures: list[Figure] = []
    for name in options.names or BENCHMARKS:
        sys.stdout.write(f"\n{name}\n")
        for figure in BENCHMARKS[name]():
            figures.append(figure)
            sys.stdout.write(f"  {figure}\n")
            sys.stdout.flush()
    if options.json:
        sys.stdout.write(json.dumps({figure.name: figure.value for figure in figures}) + "\n")


if __name__ == "__main__":
    main()
