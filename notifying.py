"""Tells a target of alerts, in a process of its own: what hangs is ended from outside, and what is told is kept inside.

Started by ``pipeline.notifier`` as ``app.py notify``. Its standard input brings one job as JSON, with the secrets in
place; for every message it prints one line of JSON as soon as it knows what became of it.
"""

from __future__ import annotations

import logging
import os
import re
import socket
import sys
import threading
import warnings
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import unquote

import msgspec

from components import format as formats
from components.alert_words import rule_text, rule_title
from domain.deliveries import SENT, Job, Message, Outcome
from domain.escalation import URGENT_LEVEL
from domain.outbound import Outbound
from domain.vault import LEAST
from locales import translate
from telemetry.conceal import conceal, concealed

LISTED = 8  # alerts named in a message about many; of level I all are
DETAIL_LETTERS = 300
_REFUSED = re.compile(r"\b(401|403)\b|[Aa]uthenticat|Unauthorized|Forbidden")
_UNREACHED = re.compile(r"Connection|[Cc]onnect|[Tt]imed? ?out|resolve|SSL|certificate")


def main() -> int:
    """Do the job on standard input; exit code 0 whatever became of its messages."""
    job = msgspec.json.decode(sys.stdin.buffer.readline(), type=Job)
    end = threading.Timer(job.seconds, lambda: os._exit(3))  # also when nobody is left to end it
    end.daemon = True
    end.start()
    for part in _private(job.url):
        conceal(part)
    formats.use_zone(job.timezone)
    guard = Guard(job.outbound)
    guard.stand()
    send = _sender(job.url)
    for message in job.messages:
        try:
            outcome = guard.judged(*send(*words(message, job)))
        except Exception as error:  # a fault of a library, or an alert without words: of this message alone
            outcome = guard.judged(False, f"{type(error).__name__}: {error}")
        sys.stdout.buffer.write(msgspec.json.encode([message.number, outcome]) + b"\n")
        sys.stdout.buffer.flush()
    return 0


def words(message: Message, job: Job) -> tuple[str, str]:
    """Title and text of a message in the language of its target.

    Args:
        message: about one alert, several, or none: then it is a test.
        job: gives language and where the cockpit is.
    """
    lang = job.language
    if not message.alerts:
        return translate(lang, "notify.message.test_title", port=job.port), translate(
            lang, "notify.message.test", name=message.by, url=job.address
        )
    if len(message.alerts) == 1:
        return _of_one(message.alerts[0], job)
    worst = min(int(one["level"]) for one in message.alerts)
    count = len(message.alerts)
    title = translate(lang, "notify.message.many", n=count, level=translate(lang, f"level.{worst}"))
    listed = count if worst == URGENT_LEVEL else min(count, LISTED)
    lines = [f"· {_headline(one, lang)} · {_reference(one, lang)}" for one in message.alerts[:listed]]
    if count > listed:
        lines.append(translate(lang, "notify.message.more", n=count - listed))
    return title, "\n".join([*lines, translate(lang, "notify.message.where", url=f"{job.address}/alerts")])


def _of_one(one: dict[str, Any], job: Job) -> tuple[str, str]:
    lang, opened = job.language, datetime.fromisoformat(one["opened_at"])
    lines = [rule_text(one["rule"], one["params"], lang)]
    lines.append(translate(lang, "notify.message.since", time=formats.stamp(opened, lang)))
    if one["stage"]:
        seconds = float(one["seconds"])
        waited = formats.duration(seconds / 60, lang) if seconds >= 60 else translate(lang, "span.seconds", n=seconds)
        lines.append(translate(lang, "notify.message.unseen", waited=waited, stage=one["stage"]))
    lines.append(translate(lang, "notify.message.where", url=f"{job.address}/alerts/{one['id']}"))
    lines.append(_reference(one, lang))
    return _headline(one, lang), "\n".join(lines)


def _headline(one: dict[str, Any], lang: str) -> str:
    title = rule_title(one["rule"], lang)
    level, subject = translate(lang, f"level.{one['level']}"), formats.place(one["subject"], lang)
    return translate(lang, "notify.message.title", level=level, title=title, subject=subject)


def _reference(one: dict[str, Any], lang: str) -> str:
    """By which people know a message that came twice."""
    return translate(lang, "notify.message.ref", ref=f"{one['id']}-{one['level']}.{one['stage']}")


def _sender(url: str) -> Callable[[str, str], tuple[bool, str]]:
    """What sends title and text to the address, and tells whether it worked and what apprise had to say of it."""
    warnings.simplefilter("ignore")
    import apprise

    # In memory: it would keep files of its own. No redirects: a message that names an alert goes where it was meant to.
    asset = apprise.AppriseAsset(
        app_id="cockpit", app_desc="Port Cockpit", app_url="", async_mode=False, http_redirects=False,
        image_url_mask="", image_url_logo="", image_path_mask="", storage_mode=apprise.PersistentStoreMode.MEMORY,
    )  # fmt: skip
    heard = _Heard()
    logging.getLogger("apprise").addHandler(heard)
    service = apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)

    def send(title: str, body: str) -> tuple[bool, str]:
        if service is None:
            return False, "bad_url"
        heard.lines.clear()
        sent = service.notify(title=title, body=body, notify_type=apprise.NotifyType.WARNING)
        return bool(sent), " ".join(heard.lines)

    return send


class _Heard(logging.Handler):
    """Warnings of a library, to be told on."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def _private(url: str) -> set[str]:
    """The parts of an address that must not be told; its host may, unless it is a key (``wecombot://KEY``)."""
    host = re.sub(r"^\w+://([^/@]*@)?([^/:?]*).*", r"\2", url)
    parts = {unquote(part) for part in re.split(r"[/:@?&=]", url.partition("://")[2])}
    return {part for part in parts if len(part) >= LEAST} - ({host} if "." in host else set())


class Guard:
    """What may be connected to, for everything in this process; and what the other end said."""

    def __init__(self, outbound: Outbound) -> None:
        """Nothing is guarded before ``stand``."""
        self._outbound = outbound
        self._names: dict[str, str] = {}  # by address: as which name it was asked for
        self._refused = self._answer = ""
        self._status = 0

    def stand(self) -> None:
        """From now on every connection of this process is judged, and no proxy of the environment is used.

        apprise sends by requests, smtplib and others, none of which takes a judge: so the socket itself is one. What
        it is asked to connect to is an address, resolved already, so a name cannot change in between.
        """
        for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
            del os.environ[name]
        resolve = socket.getaddrinfo

        def resolved(host: Any, *args: Any, **kwargs: Any) -> Any:
            found = resolve(host, *args, **kwargs)
            self._names |= {str(one[4][0]): str(host) for one in found}
            return found

        guard = self

        class Judged(socket.socket):
            def connect(self, address: Any) -> None:
                guard.judge(address)
                super().connect(address)

            def connect_ex(self, address: Any) -> int:
                guard.judge(address)
                return super().connect_ex(address)

            def sendto(self, data: Any, *rest: Any) -> int:
                guard.judge(rest[-1])  # data without a connection: logs of other machines, name servers
                return super().sendto(data, *rest)

        socket.getaddrinfo, socket.socket = resolved, Judged  # type: ignore[misc]
        self._hear()

    def judge(self, address: Any) -> None:
        """Raises OSError when this address may not be reached."""
        place = str(address[0]) if isinstance(address, tuple) else "127.0.0.1"  # a socket in the file system
        refusal = self._outbound.refusal(self._names.get(place, place), place)
        if refusal:
            self._refused = refusal
            raise OSError(refusal)

    def _hear(self) -> None:
        """WeCom, DingTalk and Feishu answer a wrong key with status 200: apprise takes that for sent."""
        import requests

        send = requests.Session.send
        guard = self

        def heard(session: Any, request: Any, **kwargs: Any) -> Any:
            answer = send(session, request, **kwargs)
            guard._status = answer.status_code
            guard._answer = said(answer.content[:10_000])
            return answer

        requests.Session.send = heard  # type: ignore[assignment, method-assign]

    def judged(self, sent: bool, log: str) -> Outcome:
        """What became of a message, by what apprise says and what was heard, which begins anew."""
        refused, answer, status = self._refused, self._answer, self._status
        self._refused, self._answer, self._status = "", "", 0
        detail = concealed(refused or answer or log)[:DETAIL_LETTERS]
        if refused:
            return Outcome("outbound", detail)
        if sent and not answer:
            return Outcome(SENT)
        if log == "bad_url":
            return Outcome("bad_url")
        if answer or status in (401, 403) or _REFUSED.search(log):
            return Outcome("refused", detail)
        if status:
            return Outcome("rejected", detail or f"HTTP {status}")
        return Outcome("unreachable" if _UNREACHED.search(log) else "failed", detail)


def said(body: bytes) -> str:
    """What an answer says went wrong; empty when it says nothing of the kind.

    ``errcode`` of WeCom and DingTalk and ``code`` (``StatusCode`` before) of Feishu are 0 when all is well.
    """
    try:
        told = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    if not isinstance(told, dict):
        return ""
    for code, words in (("errcode", "errmsg"), ("code", "msg"), ("StatusCode", "StatusMessage")):
        if isinstance(told.get(code), int) and told[code] != 0 and words in told:
            return f"{code} {told[code]}: {told[words]}"
    return ""
