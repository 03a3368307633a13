"""Each source has terms, and the page says them as the file does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from desk.catalog import load_catalog, typed_record
from desk.catalog.licences import Licence, load_licences, not_sent_on, notices
from desk.errors import BadCatalog

CATALOG = load_catalog()
LICENCES = load_licences(CATALOG)
PAGE = Path(__file__).parents[2] / "docs" / "data-licences.md"


def test_every_source_has_its_terms_in_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert list(LICENCES) == list(CATALOG.sources)
    for name, one in LICENCES.items():
        row = f"| `{name}` | {one.terms} | {one.store} | {one.show} | {one.send_on} | {one.holder} |"
        assert row in page, row


def test_what_is_not_open_is_named() -> None:
    assert {name for name, one in LICENCES.items() if not one.is_open} == {
        "b3_market_data",
        "fred",
        "cboe_vix",
        "yahoo_finance",
    }


def test_a_source_without_terms_is_refused() -> None:
    spec = replace(CATALOG.sources["fred"], id="new")
    with pytest.raises(BadCatalog, match=r"licences\.toml: new"):
        load_licences(replace(CATALOG, sources={**CATALOG.sources, "new": spec}))


@pytest.mark.parametrize(("field", "value"), [("store", "maybe"), ("notice", ""), ("colour", "red")])
def test_a_wrong_field_is_named(field: str, value: str) -> None:
    one = LICENCES["fred"]
    raw = {name: getattr(one, name) for name in Licence.__dataclass_fields__} | {field: value}
    with pytest.raises(BadCatalog, match=rf"licence fred: .*{field}"):
        typed_record(Licence, "licence fred", raw)


def test_what_may_not_be_sent_on_is_named_but_for_the_desk_s_consents() -> None:
    used = ("fred", "bcb_sgs", "b3_market_data", "imported", "fred")
    assert not_sent_on(LICENCES, used) == ("fred", "b3_market_data", "imported")
    assert not_sent_on(LICENCES, used, ("b3_market_data",)) == ("fred", "imported")
    assert not_sent_on(LICENCES, ("bcb_sgs", "treasury_gov", "cftc_cot")) == ()
    with pytest.raises(BadCatalog, match="a consent to bloomberg"):
        not_sent_on(LICENCES, used, ("bloomberg",))


def test_each_notice_is_printed_once() -> None:
    found = notices(LICENCES, ("fred", "bcb_ptax", "bcb_sgs"))
    assert found[0] == "Source: Banco Central do Brasil"
    assert found[1].startswith("This product uses the FRED API but is not endorsed")
    assert len(found) == 2
