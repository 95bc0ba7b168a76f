from django.urls import path, re_path

from oms.web.api.orders.views import OrdersView, OrderView
from oms.web.api.views import NothingHere

urlpatterns = [
    path("orders", OrdersView.as_view()),
    path("orders/<path:number>", OrderView.as_view()),  # a channel's number may have a slash in it
    re_path(r"", NothingHere.as_view()),
]
