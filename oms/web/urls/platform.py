from django.urls import path
from django.views.generic import RedirectView

from oms.web.admin_sites.platform import platform_site
from oms.web.health import alive, ready

urlpatterns = [
    path("health/alive", alive),
    path("health/ready", ready),
    path("admin/", platform_site.urls),
    path("", RedirectView.as_view(url="/admin/")),
]
