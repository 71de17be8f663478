"""The pictures as JSON under /api/v1, for programs and for people with curl."""

from api.moment import attach as attach_moments
from api.routes import attach

__all__ = ["attach", "attach_moments"]
