"""One file per forecast. Each module offers ``FORECAST: Forecast``; see base.py."""
