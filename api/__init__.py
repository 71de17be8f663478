"""The pictures as JSON under /api/v1, for programs and for people with curl."""

from api.alerts import attach as attach_alerts
from api.backtest import attach as attach_backtest
from api.datasets import attach as attach_datasets
from api.declaration import attach_declaration
from api.desk import attach as attach_desk
from api.dispatch import attach_dispatch
from api.documents import attach as attach_documents
from api.export import attach as attach_export
from api.integrity import attach as attach_integrity
from api.moment import attach as attach_moments
from api.quarantine import attach as attach_quarantine
from api.routes import attach
from api.screens import attach as attach_screens
from api.topics import attach as attach_topics

__all__ = [
    "attach",
    "attach_alerts",
    "attach_backtest",
    "attach_datasets",
    "attach_declaration",
    "attach_desk",
    "attach_dispatch",
    "attach_documents",
    "attach_export",
    "attach_integrity",
    "attach_moments",
    "attach_quarantine",
    "attach_screens",
    "attach_topics",
]
