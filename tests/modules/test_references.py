"""Documents name master data by codes: what is not there is refused, blocks an upgrade, and never a way back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pydantic import Field

from fulfilment.locations.models import Location
from modules.domain.references import mentions
from modules.domain.releases import KindModel
from modules.models import ProfileDocument
from modules.profile import current_profile
from modules.selectors import head_number
from modules.services import InvalidDocument, UnknownCode, profile_restore, revise
from modules.services.exchange import profile_export, profile_import
from modules.services.references import profile_unknown_references
from modules.services.upgrade import UpgradeRefused, module_rollback, upgrade_promote
from modules.services.upgrade_review import upgrade_review
from oms.infra.database.context import retailer_context
from tests.modules.test_upgrade import MODULE, preview, promote, shop

__all__ = ["shop"]

LOCATION = {"reference": "location"}
Code = Annotated[str, Field(json_schema_extra={"reference": "location"})]


class Part(KindModel):
    channel: str = Field("", json_schema_extra={"reference": "channel"})


class One(KindModel):
    sort: Literal["one"] = "one"
    place: str = Field(json_schema_extra={"reference": "location"})


class Two(KindModel):
    sort: Literal["two"] = "two"
    place: str = Field(json_schema_extra={"reference": "product"})


class Everywhere(KindModel):
    plain: str = ""
    single: str | None = Field(None, json_schema_extra={"reference": "location"})
    several: list[Code] = Field(default_factory=list)
    marked: list[str] = Field(default_factory=list, json_schema_extra={"reference": "location"})
    parts: list[Part] = Field(default_factory=list)
    by_code: dict[Code, Part] = Field(default_factory=dict)
    either: Annotated[One | Two, Field(discriminator="sort")] | None = None


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"plain": "LON", "single": "LON"}, [(("single",), "location", "LON")]),
        ({"single": None, "of_tomorrow": {"location": "X"}}, []),
        ({"several": ["A", "B"]}, [(("several", 0), "location", "A"), (("several", 1), "location", "B")]),
        ({"marked": ["A"]}, [(("marked", 0), "location", "A")]),
        ({"parts": [{}, {"channel": "web"}]}, [(("parts", 1, "channel"), "channel", "web")]),
        (
            {"by_code": {"A": {"channel": "web"}}},
            [(("by_code", "A"), "location", "A"), (("by_code", "A", "channel"), "channel", "web")],
        ),
        ({"either": {"sort": "two", "place": "P1"}}, [(("either", "place"), "product", "P1")]),
    ],
)
def test_codes_are_found_wherever_the_schema_names_them(
    body: dict[str, object], found: list[tuple[object, str, str]]
) -> None:
    told = [(item.path, item.reference, item.code) for item in mentions(Everywhere, body)]  # type: ignore[arg-type]
    assert told == found


def settings(*codes: str) -> dict[str, object]:
    return {"name": "Ours", "location_settings": [{"location": code, "enabled": True} for code in codes]}


def put(*codes: str, name: str = "Ours") -> int:
    with retailer_context("acme"), revise(author="maria", reason="edit") as revision:
        revision.put(MODULE, "routing_strategy", "default", {**settings(*codes), "name": name})  # type: ignore[dict-item]
    return revision.number


def test_an_unknown_code_is_refused_with_document_field_and_remedy(shop: None) -> None:
    with pytest.raises(UnknownCode) as refused:
        put("LON", "OSLO")
    assert str(refused.value) == (
        "order_routing/routing_strategy/default: location_settings.1.location: there is no location with the code "
        "“OSLO”: create it under Settings → Locations, or name one that is there"
    )
    assert [fault.path for fault in refused.value.faults] == [("location_settings", 1, "location")]
    with retailer_context("acme"):
        assert head_number() == 1


def test_all_documents_of_a_revision_are_checked_by_one_query(shop: None) -> None:
    with (
        retailer_context("acme"),
        CaptureQueriesContext(
            connection,
        ) as asked,
    ):
        with revise(author="maria", reason="both") as revision:
            revision.put(MODULE, "routing_strategy", "default", settings("LON", "MAN", "GLA"))  # type: ignore[arg-type]
        found = [query["sql"] for query in asked if "locations_location" in query["sql"]]
    assert len(found) == 1


def test_what_is_deleted_later_blocks_no_other_edit(shop: None) -> None:
    put("LON")
    with retailer_context("acme"):
        Location.objects.filter(code="LON").update(code="LDN")
        with revise(author="maria", reason="another document") as revision:
            revision.put(MODULE, "routing_strategy", "default", settings("LON"))  # type: ignore[arg-type]
        # written as it was: nothing to object to
        [unknown] = profile_unknown_references(MODULE)
        assert unknown.path == ("location_settings", 0, "location")
    with pytest.raises(InvalidDocument, match="no location with the code “LON”"):
        put("LON", name="Changed")


def test_going_back_is_never_refused_and_tells_what_is_missing(shop: None) -> None:
    named = put("LON")
    put()
    with retailer_context("acme"):
        Location.objects.filter(code="LON").update(code="LDN")
        profile_restore(to=named, author="maria")
        assert [item.sentence for item in profile_unknown_references()] == [
            "order_routing/routing_strategy/default: location_settings.0.location: there is no location with the code "
            "“LON”: create it under Settings → Locations, or name one that is there"
        ]


def test_an_import_is_refused(shop: None, tmp_path: Path) -> None:
    put("LON")
    with retailer_context("acme"):
        profile_export(folder=tmp_path / "mine")
        file = tmp_path / "mine" / MODULE / "routing_strategy" / "default.yaml"
        file.write_text(file.read_text().replace("LON", "OSLO"))
    with retailer_context("acme"), pytest.raises(UnknownCode, match="OSLO"):
        profile_import(folder=tmp_path / "mine", author="git", reason="edited")


def test_an_upgrade_is_blocked_with_document_and_field(shop: None) -> None:
    put("LON", "MAN")
    with retailer_context("acme"):
        Location.objects.filter(code="MAN").update(code="MCR")
        found = upgrade_review(module=MODULE, to="2.0.0")
        [fault] = found.faults
        # in 2.0 each location has a document of its own, whose key is the code
        assert (fault.kind, fault.key, fault.path) == ("location_policy", "MAN", ())
        assert fault.message.startswith("there is no location with the code “MAN”")
    assert preview("2.0.0").status == "blocked"


def test_what_went_missing_after_the_preview_refuses_the_promotion(shop: None) -> None:
    put("LON")
    upgrade = preview("2.0.0")
    with retailer_context("acme"):
        Location.objects.filter(code="LON").update(code="LDN")
        with pytest.raises(UpgradeRefused, match="a document has come not to fit: location_policy/LON"):
            upgrade_promote(upgrade_id=upgrade.pk, author="maria")


def test_a_rollback_is_not_refused(shop: None) -> None:
    put("LON")
    promote(preview("1.1.0"))
    with retailer_context("acme"):
        Location.objects.filter(code="LON").update(code="LDN")
        module_rollback(module=MODULE, author="maria")
        assert current_profile().adopted[MODULE] == "1.0.0"
        assert ProfileDocument.objects.get(kind="routing_strategy").schema_release == "1.0.0"
        assert len(profile_unknown_references(MODULE)) == 1
