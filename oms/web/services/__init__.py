from oms.web.services.api_keys import BadKeyName, UnknownApiKey, api_key_issue, api_key_revoke

__all__ = ["BadKeyName", "UnknownApiKey", "api_key_issue", "api_key_revoke"]
