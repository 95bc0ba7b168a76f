"""Why something is not done to a parcel."""

from __future__ import annotations


class ParcelRefused(ValueError):
    """A parcel was left as it is; the message says why, for people."""
