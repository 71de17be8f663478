"""The moments a caller asks for, read and checked in one place for every route."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fastapi import FastAPI, Request, Response

from api.answers import answer
from store.reads.asof import KNOWN

AHEAD = timedelta(seconds=5)  # a caller's idea of now may be so far ahead of ours


class BadMoment(ValueError):
    """A parameter is no time with a zone, lies in the future, or is no kind of knowledge."""

    def __init__(self, message: str, parameter: str, code: str = "bad_time") -> None:
        """Name the parameter; ``code`` is ``bad_time``, ``future`` or ``bad_known``."""
        super().__init__(message)
        self.parameter, self.code = parameter, code


def answer_bad_moments(app: FastAPI) -> None:
    """Answer a BadMoment of any route of the server with 400, parameter and reason."""

    async def bad_moment(_: Request, error: Exception) -> Response:
        parameter = getattr(error, "parameter", "")
        return answer({"error": "bad_parameter", "parameter": parameter, "message": str(error)}, 400)

    app.add_exception_handler(BadMoment, bad_moment)


def time_of(text: str, parameter: str = "at") -> datetime:
    """A time with a zone, as UTC.

    Raises:
        BadMoment: it is none.
    """
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
        if moment.tzinfo is None:
            raise BadMoment("has no time zone; write e.g. 2026-11-22T08:00:00Z", parameter)
        return moment.astimezone(UTC)
    except OverflowError:  # the year 0 or 10000 by its zone
        raise BadMoment("is out of range", parameter) from None
    except BadMoment:
        raise
    except ValueError:
        raise BadMoment("is not an ISO 8601 time such as 2026-11-22T08:00:00Z", parameter) from None


def past_of(text: str, parameter: str = "at", now: datetime | None = None) -> datetime:
    """A moment that was already: of the future nothing is known, and today's rows would pass for it.

    Raises:
        BadMoment: no time, or one that lies ahead of ``now`` (aware UTC; None = the clock's).
    """
    moment, now = time_of(text, parameter), now or datetime.now(UTC)
    if moment > now + AHEAD:
        raise BadMoment("lies in the future", parameter, "future")
    return min(moment, now)


def check_known(known: str) -> None:
    """Whose knowledge of the moment is asked for.

    Raises:
        BadMoment: neither ``corrected`` nor ``then``.
    """
    if known not in KNOWN:
        raise BadMoment(f"is one of {', '.join(KNOWN)}", "known", "bad_known")
