"""The pictures as JSON under /api/v1, for programs and for people with curl."""

from api.routes import attach as attach
