#!/usr/bin/env bash
# reportlab drops the minutes of the time zone, so PDFs made in India are dated half an hour wrong.
#
# What surprises: reportlab writes local time with its offset from UTC into /CreationDate and /ModDate, but it
# works the minutes out as `(offset % 3600) % 60`, which is 0 for every zone there is. A PDF made in a zone of
# +05:30 says +05'00', one of -03:30 says -03'00'. Read back by any PDF library, the moment is wrong.
#
# What it costs: a report made in India, Nepal, Newfoundland, Iran or Central Australia seems to have been made 30
# or 45 minutes later or earlier than it was, which matters where a date is evidence (of when a session was assessed,
# say) or where files are ordered by it. Tests run in UTC or in whole-hour zones never show it.
#
# What to do: write the date yourself in UTC: canvas.setDateFormatter() takes a function whose answer is used as it
# stands, so it can ignore its arguments and return "D:YYYYMMDDHHmmSSZ". SOURCE_DATE_EPOCH also gives UTC.
#
# Seen on 2026-11-30 with reportlab 5.1.0, read with pypdf 7.1.0, Python 3.11. Output:
#   reportlab 5.1.0: minutes wrong in a PDF made at +05:30: 30, +05:45: 45, -03:30: -30, +02:00: 0;
#   with a formatter in UTC: 0   (one line)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq reportlab==5.1.0 pypdf==7.1.0
"$work/venv/bin/python" - <<'PY'
import io
import os
import sys
import time
from datetime import datetime, timezone

from pypdf import PdfReader
from reportlab import Version
from reportlab.pdfgen.canvas import Canvas

os.environ.pop("SOURCE_DATE_EPOCH", None)


def minutes_wrong(zone: str, in_utc: bool = False) -> int:
    """Return by how many minutes a PDF made now in that POSIX time zone is dated too late."""
    os.environ["TZ"] = zone
    time.tzset()
    file, now = io.BytesIO(), datetime.now(timezone.utc)
    canvas = Canvas(file)
    if in_utc:
        canvas.setDateFormatter(lambda *local: now.strftime("D:%Y%m%d%H%M%SZ"))
    canvas.drawString(72, 72, "Report")
    canvas.save()
    return round((PdfReader(file).metadata.creation_date - now).total_seconds() / 60)


# A POSIX zone names what is to be added to local time, hence the turned signs.
zones = {"+05:30": "IST-5:30", "+05:45": "NPT-5:45", "-03:30": "NST3:30", "+02:00": "EET-2"}
wrong = {offset: minutes_wrong(zone) for offset, zone in zones.items()}
mended = minutes_wrong(zones["+05:30"], in_utc=True)
print(f"reportlab {Version}: minutes wrong in a PDF made at",
      ", ".join(f"{offset}: {minutes}" for offset, minutes in wrong.items()) + f"; with a formatter in UTC: {mended}")
sys.exit(0 if list(wrong.values()) == [30, 45, -30, 0] and mended == 0 else 1)
PY
