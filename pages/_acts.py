"""Acts at the desk of accounts, as pages carry them out: in a thread, and what is refused in words."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from dash import State

from domain.accounts import AccountError
from domain.errors import NotAllowedError, StoreUnavailableError
from layouts.moment import LOCATION
from locales import known, translate

HERE = State(LOCATION, "href")


class Declined(Exception):
    """What was asked for was not done; says why, in the visitor's language."""


async def done(lang: str, step: Callable[..., Any], *given: Any, **named: Any) -> Any:
    """Carry out an act.

    Args:
        lang: of the visitor.
        step: a method of a desk; blocks.
        given: its arguments;
        named: and those with names.

    Raises:
        Declined: with the words to show.
    """
    try:
        return await asyncio.to_thread(step, *given, **named)
    except NotAllowedError:
        code = "not_allowed"
    except StoreUnavailableError:
        code = "store"
    except AccountError as error:
        code = error.code if known(f"account.error.{error.code}") else "refused"
    raise Declined(translate(lang, f"account.error.{code}"))


def address(href: str | None, path: str) -> str:
    """A path of ours as the visitor's browser reaches it.

    Args:
        href: address of the page shown.
        path: with its slash.
    """
    here = urlsplit(href or "")
    return f"{here.scheme}://{here.netloc}{path}" if here.netloc else path


def codes(typed: str | None) -> list[str] | None:
    """Enterprise codes as typed, with commas or spaces between; None without any: the whole port."""
    found = (typed or "").replace(",", " ").replace("，", " ").replace("、", " ").split()
    return found or None
