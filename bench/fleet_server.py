"""A fleet platform over HTTP: asked for the vehicles, it answers where all of them are this second, as JSON."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec

from bench.fleet import driven
from bench.process import answer


def body(vehicles: int, second: int) -> bytes:
    """Where the vehicles are in a second: some 130 bytes each."""
    now = datetime.now(UTC).replace(microsecond=0)
    fleet = driven(vehicles, second, now)
    columns = zip(fleet.ids, fleet.lon.tolist(), fleet.lat.tolist(), fleet.speed.tolist(), fleet.heading.tolist(),
                  strict=True)  # fmt: skip
    seen = now.isoformat()
    rows = [
        {"plate": name, "seen": seen, "at": {"lon": lon, "lat": lat}, "speed": speed, "course": heading}
        for name, lon, lat, speed, heading in columns
    ]
    return msgspec.json.encode({"vehicles": rows})


def main() -> None:
    """Serve until killed; says its port once."""
    vehicles, began = int(sys.argv[1]), time.monotonic()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            data = body(vehicles, int(time.monotonic() - began))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    answer({"port": server.server_port})
    server.serve_forever()


if __name__ == "__main__":
    main()
