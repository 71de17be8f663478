"""``python -m bench [--only NAME]``: runs the benchmarks, prints a table, writes report.json."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
from pathlib import Path

import msgspec

import bench
from bench.rows import BENCHES, Row

REPORT = Path(__file__).parent / "report.json"


def main() -> int:
    """Run what was asked for; exit code 1 when a bar does not hold."""
    for module in pkgutil.iter_modules(bench.__path__):
        if module.name.startswith("bench_"):
            importlib.import_module(f"bench.{module.name}")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=sorted(BENCHES), help="run one")
    only = parser.parse_args().only
    found: list[Row] = []
    for name, run in BENCHES.items():
        if only in (None, name):
            print(f"... {name}", flush=True)
            found += run()
    _print(found)
    REPORT.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n")
    return 0 if all(r.holds for r in found) else 1


def _print(rows: list[Row]) -> None:
    width = max(len(r.name) for r in rows)
    print(f"{'':{width}}  {'value':>12} {'unit':8} {'limit':>12} {'ratio':>7} {'bar':>6}")
    for r in rows:
        held = "holds" if r.holds else "FALLS SHORT"
        print(f"{r.name:{width}}  {r.value:12.4g} {r.unit:8} {r.limit:12.4g} {r.ratio:7.3f} {r.bar:6.2f}  {held}")


if __name__ == "__main__":
    raise SystemExit(main())
