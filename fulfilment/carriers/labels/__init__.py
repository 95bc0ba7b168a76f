"""Labels and manifests as printers take them. They are drawn from data, the same bytes each time."""

from fulfilment.carriers.labels.label import Label
from fulfilment.carriers.labels.pdf import label_pdf, manifest_pdf
from fulfilment.carriers.labels.zpl import label_zpl

__all__ = ["Label", "label_pdf", "label_zpl", "manifest_pdf"]
