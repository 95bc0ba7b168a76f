from django.urls import path, re_path

from oms.web.api.orders.cancellations import CancellationsView
from oms.web.api.orders.changes import ChangeCancelView, ChangesView
from oms.web.api.orders.notes import NotesView
from oms.web.api.orders.views import OrdersView, OrderView
from oms.web.api.payments.views import PaymentCallbackView
from oms.web.api.views import NothingHere

urlpatterns = [
    path("orders", OrdersView.as_view()),
    path("orders/<path:number>/changes", ChangesView.as_view()),
    path("orders/<path:number>/changes/<int:change>/cancel", ChangeCancelView.as_view()),
    path("orders/<path:number>/cancellations", CancellationsView.as_view()),
    path("orders/<path:number>/notes", NotesView.as_view()),
    path("orders/<path:number>", OrderView.as_view()),  # a channel's number may have a slash in it
    path("payment-callbacks/<slug:gateway>", PaymentCallbackView.as_view()),
    re_path(r"", NothingHere.as_view()),
]
