from django.urls import include, path
from django.views.generic import RedirectView

from oms.web.admin_sites.retailer import retailer_site
from oms.web.api.openapi.views import api_pages
from oms.web.health import alive, ready

urlpatterns = [
    path("health/alive", alive),
    path("health/ready", ready),
    path("api/docs", api_pages),
    path("api/v1/", include("oms.web.urls.api")),
    path("admin/", include("oms.web.profile.urls")),
    path("admin/routing/", include("oms.web.routing.urls")),
    path("admin/", include("oms.web.workspace.urls")),
    path("admin/", retailer_site.urls),
    path("", RedirectView.as_view(url="/admin/")),
]
