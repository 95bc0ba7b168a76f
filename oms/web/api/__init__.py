"""The partner API: a thin edge around the services that files and the admin call too.

A request passes these in turn:

``middleware``      whatever goes wrong under ``/api/``, the answer is a problem document
``authentication``  ``Authorization: Bearer <prefix>.<secret>``; a read-only key cannot write
``parsers``         bytes to JSON, strictly
``views``           what the views share: checked bodies and parameters, ``Idempotency-Key``
``fields``          the types of which bodies and parameters are made, and what is said when they do not fit
``cursor``          where a page ended
``orders``          orders: the body, the document, the views
``problems``        every error that there is, and its document (RFC 9457)
"""
