from django.urls import include, path, re_path

from oms.web.api.bulk.views import BulkJobView, BulkOrdersView, BulkProductsView, BulkRowsView, BulkStockView
from oms.web.api.catalogue.views import ChannelsView, LocationsView, ProductsView, ProductView
from oms.web.api.channels.views import ChannelWebhookView
from oms.web.api.inventory.feeds import FeedRowsView, FeedsView, FeedView
from oms.web.api.inventory.views import AvailabilityView, ReservationsView, ReservationView
from oms.web.api.openapi.views import OpenApiView
from oms.web.api.orders.cancellations import CancellationsView
from oms.web.api.orders.changes import ChangeCancelView, ChangesView
from oms.web.api.orders.files import FilesView, FileView, RequestFilesView, RequestFileView
from oms.web.api.orders.notes import NotesView
from oms.web.api.orders.views import OrdersView, OrderView
from oms.web.api.payments.views import PaymentCallbackView
from oms.web.api.requests.steps import AcknowledgeView, PackView, PickView, RejectView, ShipView
from oms.web.api.requests.views import RequestsView, RequestView, ShipmentsView
from oms.web.api.views import NothingHere

urlpatterns = [
    path("orders", OrdersView.as_view()),
    path("orders/<path:number>/changes", ChangesView.as_view()),
    path("orders/<path:number>/changes/<int:change>/cancel", ChangeCancelView.as_view()),
    path("orders/<path:number>/cancellations", CancellationsView.as_view()),
    path("orders/<path:number>/notes", NotesView.as_view()),
    path("orders/<path:number>/files", FilesView.as_view()),
    path("orders/<path:number>/files/<slug:file>", FileView.as_view()),
    path("orders/<path:number>", OrderView.as_view()),  # a channel's number may have a slash in it
    path("channels/<slug:channel>/webhooks", ChannelWebhookView.as_view()),
    path("products", ProductsView.as_view()),
    path("products/<path:sku>", ProductView.as_view()),
    path("locations", LocationsView.as_view()),
    path("channels", ChannelsView.as_view()),
    path("bulk/orders", BulkOrdersView.as_view()),
    path("bulk/products", BulkProductsView.as_view()),
    path("bulk/stock", BulkStockView.as_view()),
    path("bulk/<int:job>", BulkJobView.as_view()),
    path("bulk/<int:job>/rows", BulkRowsView.as_view()),
    path("openapi.json", OpenApiView.as_view()),
    path("requests", RequestsView.as_view()),
    path("requests/<path:number>/acknowledge", AcknowledgeView.as_view()),
    path("requests/<path:number>/pick", PickView.as_view()),
    path("requests/<path:number>/pack", PackView.as_view()),
    path("requests/<path:number>/ship", ShipView.as_view()),
    path("requests/<path:number>/reject", RejectView.as_view()),
    path("requests/<path:number>/files", RequestFilesView.as_view()),
    path("requests/<path:number>/files/<slug:file>", RequestFileView.as_view()),
    path("requests/<path:number>", RequestView.as_view()),
    path("shipments", ShipmentsView.as_view()),
    path("payment-callbacks/<slug:gateway>", PaymentCallbackView.as_view()),
    path("availability", AvailabilityView.as_view()),
    path("reservations", ReservationsView.as_view()),
    path("reservations/<path:key>", ReservationView.as_view()),
    path("stock-feeds", FeedsView.as_view()),
    path("stock-feeds/<int:number>", FeedView.as_view()),
    path("stock-feeds/<int:number>/rows", FeedRowsView.as_view()),
    path("", include("oms.web.webhooks.api.urls")),
    re_path(r"", NothingHere.as_view()),
]
