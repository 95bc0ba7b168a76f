"""``python -m tests.releases.golden``: record what releases decide in new scenarios."""

from __future__ import annotations

import sys

from tests.releases.golden import record

sys.stdout.writelines(f"recorded {path}\n" for path in record())
