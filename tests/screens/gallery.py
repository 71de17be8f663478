"""The real pages on pictures made by hand: ``python -m tests.screens.gallery [port]``."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import dash
from fastapi import FastAPI

import settings as configuration
from access import viewer_of
from domain.pictures import YardCourse
from layouts import shell, stage
from live import endpoint
from live.hub import Hub
from pages import _visitor
from tests.screens import pictures


class Shelf:
    """Reads that answer from the pictures."""

    def inspection(self, viewer: Any, declaration_no: str, at: datetime | None = None, known: str = "") -> Any:
        """The one declaration there is."""
        row = pictures.inspection()
        return row if declaration_no == row.key else None

    def quarantine(self, viewer: Any, feed: str | None = None, limit: int = 200) -> list[dict[str, Any]]:
        """One row."""
        row = {
            "ref": "ais:31",
            "reason": "bad_checksum",
            "detail": "<b>*5C</b>",
            "raw": "!AIVDM",
            "received_at": pictures.NOW,
        }
        return [{**row, "feed": feed}]

    def oldest(self, viewer: Any) -> datetime:
        """A day before the pictures."""
        return pictures.NOW - timedelta(days=1)

    def track(self, viewer: Any, kind: str, subject: str, since: datetime, until: datetime, *_: Any) -> list[Any]:
        """A short way."""
        return [(pictures.NOW, 120.2, 36.0, 5.0), (datetime.now(UTC), 120.21, 36.0, None)]

    def alert_history(self, viewer: Any, since: datetime, until: datetime) -> list[Any]:
        """One closed alert."""
        return [pictures.alert(2, 9, "closed", closed_at=pictures.NOW), pictures.alert(3, 4)]

    def yard(self, viewer: Any, at: datetime | None = None, known: str = "") -> Any:
        """The one yard there is."""
        return pictures.yard()

    def yard_course(self, viewer: Any, since: datetime, until: datetime, *_: Any) -> Any:
        """Two hours, the second of them the peak."""
        return YardCourse(hours=[since, until], boxes=[10, 20], teu=[15.0, 30.0], peak=20, peak_at=until)


def build(filled: bool = True) -> tuple[dash.Dash, Hub]:
    """The pages on a hub of their own.

    Args:
        filled: publish the pictures; without them every tile must say why it is empty.
    """
    import composition

    hub = Hub(encode_view=composition.encode_view)
    for topic, picture in (pictures.all_pictures() if filled else {}).items():
        hub.publish(topic, picture)
    told = configuration.load(environ={})
    stage.install(hub=hub, reads=Shelf(), settings=told)
    server = FastAPI(openapi_url=None)
    endpoint.attach(server, hub, viewer_of, version="gallery")
    project = configuration.PROJECT
    built = dash.Dash(
        "gallery", server=server, backend="fastapi", use_pages=True, pages_folder=str(project / "pages"),
        assets_folder=str(project / "assets"), update_title=None, suppress_callback_exceptions=True,
    )  # fmt: skip
    _visitor.variables_last()
    shell.register(built)
    built.layout = shell.shell(dash.page_container)
    return built, hub


if __name__ == "__main__":
    import uvicorn

    from live.wire import server_options

    uvicorn.run(build()[0].server, host="127.0.0.1", port=int((sys.argv[1:] or ["8119"])[0]), **server_options())
