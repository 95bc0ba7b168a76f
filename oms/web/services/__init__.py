from oms.web.services.api_keys import (
    BadKey,
    BadKeyName,
    UnknownApiKey,
    api_key_issue,
    api_key_revoke,
    api_key_rotate,
)

__all__ = ["BadKey", "BadKeyName", "UnknownApiKey", "api_key_issue", "api_key_revoke", "api_key_rotate"]
