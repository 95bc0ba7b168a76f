"""Addresses of these screens, below ``admin/``."""

from django.urls import path

from oms.web.profile import outcomes as outcomes
from oms.web.profile.views import clone, documents, editing, history, merge, plans, preview, promotion, upgrades

app_name = "profile"
_DOCUMENT = "<slug:module>/<slug:kind>/"
_UPGRADE = "upgrades/<int:number>/"

urlpatterns = [
    path("profile/", documents.overview, name="overview"),
    path("profile/history/", history.history, name="history"),
    path("profile/history/compare/", history.compare, name="compare"),
    path("profile/history/<int:number>/", history.revision, name="revision"),
    path("profile/history/<int:number>/restore/", history.restore, name="restore"),
    path("profile/history/<int:number>/name/", history.name, name="name"),
    path("profile/history/<int:number>/export/", history.export, name="export"),
    path(f"profile/documents/{_DOCUMENT}", documents.documents, name="documents"),
    path(f"profile/new/{_DOCUMENT}", editing.new, name="new"),
    path(f"profile/edit/{_DOCUMENT}", editing.edit, name="edit"),
    path(f"profile/delete/{_DOCUMENT}", editing.delete, name="delete"),
    path(f"profile/log/{_DOCUMENT}", history.log, name="log"),
    path("upgrades/", upgrades.overview, name="upgrades"),
    path("upgrades/<slug:module>/hold/", upgrades.hold, name="hold"),
    path("upgrades/<slug:module>/begin/", upgrades.begin, name="begin"),
    path("upgrades/<slug:module>/adopt/", upgrades.adopt, name="adopt"),
    path("upgrades/<slug:module>/move/", upgrades.move, name="move"),
    path(_UPGRADE, upgrades.review, name="review"),
    path(f"{_UPGRADE}choose/", upgrades.choose, name="choose"),
    path(f"{_UPGRADE}merge/", merge.merge, name="merge"),
    path(f"{_UPGRADE}abandon/", upgrades.abandon, name="abandon"),
    path(f"{_UPGRADE}preview/", preview.preview, name="preview"),
    path(f"{_UPGRADE}preview/ask/", preview.ask, name="ask"),
    path(f"{_UPGRADE}preview/progress/", preview.progress, name="progress"),
    path(f"{_UPGRADE}preview/report.csv", preview.report, name="report"),
    path(f"{_UPGRADE}preview/clone/ask/", clone.clone_ask, name="clone_ask"),
    path(f"{_UPGRADE}preview/clone/open/", clone.clone_open, name="clone_open"),
    path(f"{_UPGRADE}preview/clone/drop/", clone.clone_drop, name="clone_drop"),
    path(f"{_UPGRADE}preview/clone/progress/", clone.clone_progress, name="clone_progress"),
    path("upgrades/enter/", clone.clone_enter, name="clone_enter"),
    path(f"{_UPGRADE}promote/", promotion.promote, name="promote"),
    path(f"{_UPGRADE}plan/", plans.ask, name="plan"),
    path(f"{_UPGRADE}decide/", plans.decide, name="decide"),
    path(f"{_UPGRADE}rollback/", promotion.rollback, name="rollback"),
]
