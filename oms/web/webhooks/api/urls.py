from django.urls import path

from oms.web.webhooks.api import views

_ONE = "webhook-endpoints/<slug:reference>"

urlpatterns = [
    path("webhook-events", views.EventsView.as_view()),
    path("webhook-endpoints", views.EndpointsView.as_view()),
    path(_ONE, views.EndpointView.as_view()),
    path(f"{_ONE}/secret-rotations", views.RotationsView.as_view()),
    path(f"{_ONE}/tests", views.TestsView.as_view()),
    path(f"{_ONE}/deliveries", views.DeliveriesView.as_view()),
    path(f"{_ONE}/deliveries/<slug:message>", views.DeliveryView.as_view()),
    path(f"{_ONE}/deliveries/<slug:message>/replays", views.DeliveryReplaysView.as_view()),
    path(f"{_ONE}/replays", views.ReplaysView.as_view()),
    path(f"{_ONE}/replays/<slug:replay>", views.ReplayView.as_view()),
]
