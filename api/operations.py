"""What each route of /api/v1 takes and answers, beside what its function says of itself.

A test holds the list to the routes: one that stands nowhere here does not stand in the document either, and fails it.
Words are in the catalogue: ``api.op.<name>``, ``api.tag.<tag>``, ``api.param.<name>``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from api.alerts import AlertAct
from api.backtest import Question
from api.browser_report import Report
from api.desk import Asked, Wish
from api.dispatch import NewOrder, OrderAct
from api.export import Wanted
from api.quarantine import Asked as TryAgain
from api.quarantine import Wanted as QuarantineFile
from api.routes import Act
from api.schemas import NUMBER, TEXT, TIME, WHOLE, Schema, many, or_null, picture_name, record, ref
from api.screens import Act as ScreenAct
from api.screens import Mute

_OBJECT: Schema = {"type": "object"}
_FRAMES = many(_OBJECT)
_STANDS = {"id": TEXT, "state": TEXT, "condition": TEXT, "version": WHOLE, "alert": ref("AlertRow")}


class Operation(msgspec.Struct, frozen=True):
    """One route and method.

    Attributes:
        name: names it in the document and in the catalogue.
        tag: the group it stands in.
        answer: schema of what it answers; None for no body.
        body: type of what is sent along.
        errors: statuses of its refusals, besides those every route has.
        status: of a good answer.
        media: of a good answer.
    """

    name: str
    tag: str
    answer: Schema | None
    body: type | None = None
    errors: tuple[int, ...] = (400,)
    status: int = 200
    media: str = "application/json"


def _picture(topic: str, name: str = "") -> Operation:
    return Operation(name or topic, "pictures", ref(picture_name(topic)))


_LIVE_AND_PAST = {f"/{topic}": _picture(topic) for topic in (
    "feeds", "kpis", "vehicles", "vessels", "yard", "inspections", "gates", "alerts", "forecasts", "notices",
)}  # fmt: skip
OPERATIONS: Mapping[tuple[str, str], Operation] = MappingProxyType({
    **{("get", path): one for path, one in _LIVE_AND_PAST.items()},
    ("get", "/inspections/queue"): Operation("queue", "pictures", ref("QueueAnswer")),
    ("get", "/inspections/sailings"): _picture("sailings"),
    ("get", "/inspections/warnings"): _picture("warnings"),
    ("get", "/inspections/{declaration_no}"): Operation(
        "inspection", "pictures", ref("InspectionRow"), errors=(400, 404)),
    ("get", "/inspections/{declaration_no}/file"): Operation(
        "declaration_file", "pictures", ref("DeclarationFile"), errors=(400, 404)),
    ("get", "/alerts/{alert}"): Operation(
        "alert", "pictures", record(**_STANDS, evidence=many(ref("Evidence")), history=many(ref("LogStep"))),
        errors=(400, 404),
    ),
    ("get", "/inspections/integrity"): Operation("integrity", "pictures", _OBJECT, errors=(400, 422)),
    ("get", "/yard/hourly"): Operation("yard_hourly", "courses", record(
        hours=many(TIME), boxes=many(WHOLE), teu=many(NUMBER), peak=record(boxes=WHOLE, at=or_null(TIME)))),
    ("get", "/trends"): Operation("trends", "courses", record(
        metric=TEXT, subject=TEXT, per=TEXT, times=many(TIME), values=many(NUMBER)), errors=(400, 422)),
    ("get", "/moment"): Operation("moment", "courses", record(
        at=NUMBER, known=TEXT, oldest=or_null(NUMBER), errors=_OBJECT, frames=_FRAMES)),
    ("get", "/moment/tracks"): Operation("tracks", "courses", _OBJECT),
    ("get", "/topics"): Operation("topics", "subscriptions", record(
        epoch=TEXT, version=TEXT, now=NUMBER, every=NUMBER, unknown=many(TEXT), frames=_FRAMES), errors=(400, 503)),
    ("get", "/datasets"): Operation("datasets", "datasets", record(datasets=many(_OBJECT))),
    ("get", "/search"): Operation("search", "desk", record(q=TEXT, groups=many(_OBJECT)), errors=(400, 422)),
    ("get", "/kept"): Operation("kept", "desk", record(owner=TEXT, views=many(_OBJECT), bookmarks=many(_OBJECT))),
    ("put", "/kept"): Operation("keep", "desk", record(kind=TEXT, name=TEXT), Wish, (400, 409)),
    ("delete", "/kept"): Operation("forget", "desk", _OBJECT, errors=(404,)),
    ("post", "/export"): Operation("export", "desk", TEXT, Wanted, media="application/octet-stream"),
    ("post", "/vehicles/{alias}/unmask"): Operation(
        "unmask", "desk", record(alias=TEXT, vehicle=TEXT), Asked, (400, 404)),
    ("get", "/quarantine"): Operation(
        "quarantine", "feeds", record(rows=many(_OBJECT), total=WHOLE, reasons=_OBJECT, feeds=_OBJECT),
        errors=(400, 422),
    ),
    ("get", "/quarantine/{number}"): Operation("quarantine_row", "feeds", _OBJECT, errors=(404, 422)),
    ("post", "/quarantine/export"): Operation("quarantine_export", "feeds", None, QuarantineFile, (400, 404)),
    ("post", "/quarantine/again"): Operation("quarantine_again", "feeds", _OBJECT, TryAgain, (400, 409)),
    ("get", "/simulation/made"): Operation("made", "feeds", record(made=_OBJECT, stored=_OBJECT), errors=(400, 422)),
    ("get", "/alerts/{alert_id}/orders"): Operation("orders", "alerts", record(orders=many(ref("Order")))),
    ("get", "/orders"): Operation("orders_of_all", "alerts", record(orders=many(ref("BoardOrder"))), errors=(400, 422)),
    ("post", "/alerts/{alert_id}/orders"): Operation("order", "alerts", ref("Order"), NewOrder, (400, 404, 409, 503)),
    ("post", "/orders/{order_id}/acts"): Operation("order_act", "alerts", ref("Order"), OrderAct, (400, 404, 409, 503)),
    ("post", "/feeds/{name}/acts"): Operation("feed_act", "feeds", record(feed=TEXT, act=TEXT), Act, (400, 404, 409)),
    ("post", "/alerts/{alert}/acts"): Operation(
        "alert_act", "desk", record(**_STANDS), AlertAct, (400, 404, 409, 503)),
    ("post", "/rules/{name}/backtest"): Operation("rule_backtest", "desk", _OBJECT, Question, (400, 404)),
    ("post", "/screens/{screen}/acts"): Operation("screen_act", "screens", None, ScreenAct, (400, 409, 503), 204),
    ("post", "/screens/{screen}/mute"): Operation("screen_mute", "screens", None, Mute, (400, 409, 503), 204),
    ("post", "/screens/{screen}/report"): Operation(
        "screen_report", "screens", None, dict[str, Any], (400, 409, 429, 503), 204),
    ("post", "/metrics/browser"): Operation("browser_report", "screens", None, Report, (400, 429), 204),
})  # fmt: skip
TAGS = ("datasets", "pictures", "courses", "subscriptions", "desk", "alerts", "feeds", "screens")
