"""The OpenAPI 3.1 document, made of what stands beside the views (:mod:`oms.web.api.describing`), and its pages."""
