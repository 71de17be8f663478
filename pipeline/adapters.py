"""From a feed's table in the configuration to a connected adapter."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from datetime import datetime
from types import ModuleType
from typing import Any, cast

import msgspec

from datasources.contract import Adapter, Context, Tap
from domain.errors import FeedError
from settings import Feed, Settings

Clock = Callable[[], datetime]


def adapter_module(feed: Feed) -> ModuleType:
    """Module ``datasources.<adapter>`` of a feed.

    Raises:
        FeedError: code ``unknown_adapter`` when there is no such module.
    """
    try:
        return importlib.import_module(f"datasources.{feed.adapter}")
    except ModuleNotFoundError as error:
        raise FeedError("unknown_adapter", f"no adapter named {feed.adapter!r}") from error


def adapter_options(feed: Feed, module: ModuleType, **override: Any) -> Any:
    """The feed's options as the adapter's own typed ``Options``.

    Args:
        feed: the feed.
        module: its adapter module.
        override: option values that replace those of the configuration.

    Raises:
        FeedError: code ``bad_options`` with the key and what is wrong.
    """
    try:
        return msgspec.convert({**feed.options, **override}, module.Options)
    except msgspec.ValidationError as error:
        raise FeedError("bad_options", str(error), f"feeds.{feed.name}") from error


def context_for(
    settings: Settings, feed: Feed, clock: Clock, cursor: dict[str, Any] | None, tap: Tap | None = None
) -> Context:
    """What the adapter of ``feed`` is given; ``cursor`` is where it left off, ``tap`` is told of raw rows."""
    return Context(
        feed=feed.name,
        origin=feed.origin,
        now=clock,
        home=settings.home,
        base=settings.source.resolve().parent,
        timezone=settings.port.timezone,
        geo=settings.geo_folder,
        cursor=cursor,
        outbound=settings.outbound,
        timeout_seconds=feed.timeout_seconds,
        tap=tap,
    )


def connect(
    settings: Settings, feed: Feed, clock: Clock, cursor: dict[str, Any] | None, tap: Tap | None = None
) -> Adapter:
    """Create the adapter of a feed.

    Raises:
        FeedError: unknown adapter, options that do not fit, or whatever the adapter reports.
    """
    module = adapter_module(feed)
    options = adapter_options(feed, module)
    return cast(Adapter, module.create(options, context_for(settings, feed, clock, cursor, tap)))
