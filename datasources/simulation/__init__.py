"""The built-in port: a seeded, deterministic model of the Qianwan operation.

Everything at time t follows from (seed, scale, t), so history and live agree and a restart goes on
where it stopped. Each feed stands for one system of the port (option ``dataset``); all feeds of a
process share one world. Declarations carry what seed 000 tells: special ways, holds, officer, commission and release,
cut-off, tests, transfer trucks, fees and photographs; a row is told again when more is known of it.
"""

from datasources.simulation.adapter import Options, SimulationFeed, backfill, create, expected_counts

__all__ = ["Options", "SimulationFeed", "backfill", "create", "expected_counts"]
