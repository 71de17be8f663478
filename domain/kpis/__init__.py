"""One file per KPI. Each module offers ``compute(facts: KpiFacts) -> KpiRow``; see facts.py."""
