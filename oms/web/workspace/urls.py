"""Addresses of the workspace, below ``admin/``."""

from django.urls import path

from oms.infra.backoffice.site import retailer_site
from oms.web.workspace import views

app_name = "workspace"
_in = retailer_site.admin_view

urlpatterns = [
    path("workspace/views/save/", _in(views.save), name="view_save"),
    path("workspace/views/<int:key>/update/", _in(views.update), name="view_update"),
    path("workspace/views/<int:key>/delete/", _in(views.delete), name="view_delete"),
    path("workspace/views/<int:key>/opens/", _in(views.opens), name="view_opens"),
]
