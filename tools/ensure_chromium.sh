#!/bin/sh
# Browser tests need a Chromium: an installed one, else playwright's own, else, as root, Debian's.
# A machine that can get none skips those tests with a reason; the others still run.
set -u
python=$1
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done
"$python" - <<'PY' && exit 0
import pathlib, sys
from playwright.sync_api import sync_playwright
with sync_playwright() as p:
    sys.exit(0 if pathlib.Path(p.chromium.executable_path).exists() else 1)
PY
echo "no Chromium found: trying playwright install chromium"
timeout 300 "$python" -m playwright install chromium >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "trying apt-get install chromium"
    apt-get update -qq >/dev/null 2>&1
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-cjk >/dev/null 2>&1 && exit 0
fi
echo "no Chromium to be had: browser tests will be skipped" >&2
exit 0
