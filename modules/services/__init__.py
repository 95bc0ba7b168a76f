from modules.services.begin import profile_begin
from modules.services.restore import profile_restore, snapshot_name
from modules.services.revise import (
    InvalidDocument,
    OnlyDocument,
    OpenRevision,
    StaleEdit,
    UnknownCode,
    UnknownKind,
    revise,
)

__all__ = [
    "InvalidDocument",
    "OnlyDocument",
    "OpenRevision",
    "StaleEdit",
    "UnknownCode",
    "UnknownKind",
    "profile_begin",
    "profile_restore",
    "revise",
    "snapshot_name",
]
