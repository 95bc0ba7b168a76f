from django.urls import path, re_path

from oms.web.api.channels.views import ChannelWebhookView
from oms.web.api.inventory.feeds import FeedRowsView, FeedsView, FeedView
from oms.web.api.inventory.views import AvailabilityView, ReservationsView, ReservationView
from oms.web.api.orders.views import OrdersView, OrderView
from oms.web.api.payments.views import PaymentCallbackView
from oms.web.api.views import NothingHere

urlpatterns = [
    path("orders", OrdersView.as_view()),
    path("orders/<path:number>", OrderView.as_view()),  # a channel's number may have a slash in it
    path("channels/<slug:channel>/webhooks", ChannelWebhookView.as_view()),
    path("payment-callbacks/<slug:gateway>", PaymentCallbackView.as_view()),
    path("availability", AvailabilityView.as_view()),
    path("reservations", ReservationsView.as_view()),
    path("reservations/<path:key>", ReservationView.as_view()),
    path("stock-feeds", FeedsView.as_view()),
    path("stock-feeds/<int:number>", FeedView.as_view()),
    path("stock-feeds/<int:number>/rows", FeedRowsView.as_view()),
    re_path(r"", NothingHere.as_view()),
]
