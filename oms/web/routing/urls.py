"""Addresses of these screens, below ``admin/routing/``."""

from django.urls import path

from oms.web.routing import views

app_name = "routing"

urlpatterns = [
    path("draft/<slug:kind>/", views.draft, name="draft"),
    path("now/<int:order>/", views.now, name="now"),
]
