"""How every route answers: JSON that nobody keeps, long ones packed where the browser takes it."""

from __future__ import annotations

import zlib
from typing import Any

import msgspec
from fastapi import Request, Response

UNKEPT = {"cache-control": "no-store"}
KIND = "application/json"


def answer(body: Any, status: int = 200) -> Response:
    """Anything msgspec can write; NaN becomes null."""
    return Response(msgspec.json.encode(body), status, headers=UNKEPT, media_type=KIND)


def refused(code: str, message: str, status: int = 400) -> Response:
    """A mistake of the caller, by name and in words."""
    return answer({"error": code, "message": message}, status)


def takes_gzip(request: Request) -> bool:
    """Whether a long answer may be packed."""
    return "gzip" in request.headers.get("accept-encoding", "")


def packed(body: bytes, packs: bool, least_bytes: int) -> Response:
    """JSON as it is, packed from so many bytes on; takes a while, so call it in a thread.

    Args:
        body: JSON.
        packs: whether the browser takes gzip.
        least_bytes: shorter ones gain nothing.
    """
    headers = {**UNKEPT, "vary": "accept-encoding"}
    if packs and len(body) >= least_bytes:
        packer = zlib.compressobj(1, zlib.DEFLATED, 31)  # 31: as gzip
        body = packer.compress(body) + packer.flush()
        headers["content-encoding"] = "gzip"
    return Response(body, headers=headers, media_type=KIND)
