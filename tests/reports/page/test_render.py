"""The whole page: deterministic, self-contained, escaped, in order, small, and with the numbers of its frames."""

import dataclasses
import datetime as dt
import json
import re
from typing import Any

import plotly.graph_objects as go
import polars as pl
import pytest

from desk.errors import BadInput
from desk.gold import GOLD
from reports.elements.locale import use_locale
from reports.elements.page_elements import Table
from reports.elements.report_data import ReportData
from reports.page import first_screen
from reports.page.markdown_summary import actions_table, summary_markdown, withheld_markdown
from reports.page.render import figure_specs, render
from reports.sections import SECTIONS
from tests.reports.html_page import AT, Page
from tests.reports.sample import sample

STAMP = re.compile(r'<time id="rendered-at".*?</time>')
TITLES = ["Market Snapshot", "Regime", "Agent Views", "Signals", "Portfolio", "Risk", "Actions"]


@pytest.fixture(scope="module")
def data() -> ReportData:
    return sample()


@pytest.fixture(scope="module")
def short() -> ReportData:
    """Long enough for every figure, short enough to change each table in turn."""
    return sample(days=180)


@pytest.fixture(scope="module")
def specs(short: ReportData) -> dict[str, Any]:
    return figure_specs(short)


@pytest.fixture(scope="module")
def html(data: ReportData) -> str:
    return render(data, AT)


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_the_same_data_gives_the_same_bytes_but_for_the_render_stamp(html: str) -> None:
    other = dataclasses.replace(sample(), run_id="another run", code_version="later")
    shuffled = {name: frame.sample(fraction=1.0, shuffle=True, seed=1) for name, frame in other.frames.items()}
    again = render(dataclasses.replace(other, frames=shuffled), AT + dt.timedelta(days=40))
    assert again != html
    assert len(STAMP.findall(html)) == 1
    assert STAMP.sub("", again) == STAMP.sub("", html)


@pytest.mark.parametrize("language", ["en", "pt"])
def test_a_past_report_comes_out_the_same_when_later_decisions_are_stored(language: str) -> None:
    full = sample(days=60)
    past = full.frames["portfolio_state"]["as_of"][-8]
    cut = {name: frame.filter(pl.col("as_of") <= past) for name, frame in full.frames.items()}
    then = render(dataclasses.replace(full, as_of=past, frames=cut), AT, language)
    again = render(dataclasses.replace(full, as_of=past), AT + dt.timedelta(days=400), language)
    assert STAMP.sub("", again) == STAMP.sub("", then)
    assert STAMP.sub("", again) != STAMP.sub("", render(full, AT, language))


def test_the_seven_sections_stand_in_order_in_a_well_formed_page(page: Page) -> None:
    assert page.open == []
    assert page.headings == [*TITLES, "Receipts"]
    assert len(page.ids) == len(set(page.ids))


def test_no_request_leaves_the_page(html: str, page: Page) -> None:
    for tag, values in page.tags:
        for name in ("src", "href", "action", "data", "poster", "srcset"):
            assert (values.get(name) or "#").startswith("#"), (tag, name, values[name])
    styles = "".join(re.findall(r"<style>(.*?)</style>", html, re.DOTALL))
    assert "url(" not in styles
    assert "@import" not in styles
    policy = next(values["content"] for _, values in page.tags if values.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in (policy or "")


def test_the_file_is_at_most_two_megabytes(html: str) -> None:
    assert len(html.encode()) <= 2_000_000


def test_another_worlds_data_is_labelled_in_banner_and_title(html: str) -> None:
    assert "SANDBOX DATA: a simulated economy, not the market" in html
    assert "[sandbox]</title>" in html
    assert "SANDBOX DATA" in summary_markdown(sample(days=5))
    assert "RECORDED DATA" in render(sample(days=5, world="recorded"), AT)
    live = render(sample(days=5, world="live"), AT)
    assert 'class="banner"' not in live
    assert "[live]" not in live


def test_prefects_artifacts_are_in_the_readers_language() -> None:
    data = sample(days=30)
    with use_locale("pt"):
        text, table = summary_markdown(data, "aqui"), actions_table(data)
    assert "## Sinais mais fortes" in text
    assert "| estratégia | classe |" in text
    assert "A página inteira: aqui" in text
    assert {"ordem", "custo", "motivo"} <= set(table[0])


def test_tables_have_captions_or_labels_and_scoped_heads(page: Page) -> None:
    heads = [values for tag, values in page.tags if tag == "th"]
    assert heads
    assert all(values.get("scope") in ("col", "row") for values in heads)
    plots = [values for _, values in page.tags if values.get("class") == "plot"]
    assert plots
    assert all(values.get("role") == "img" and values.get("aria-label") for values in plots)


def test_every_figure_has_a_place_and_is_a_valid_plotly_figure(data: ReportData, page: Page) -> None:
    specs = figure_specs(data)
    assert len(specs) >= 20
    for identity, spec in specs.items():
        assert identity in page.ids
        go.Figure(data=spec["data"], layout=spec["layout"])  # raises on a property that Plotly does not have


HOSTILE = "<script>alert(1)</script></script><img src=x onerror=alert(2)>\"'&amp;|`[x](javascript:1)"


def poisoned(data: ReportData) -> ReportData:
    """The same data with hostile text wherever text comes from outside, JSON drivers too."""
    keep = {"state", "status", "metric", "method", "side", "curve_id", "invalidation_unit"}
    keep |= {"action", "venue_side", "role", "unit", "route"}  # words of the desk's own
    frames = {}
    for name, frame in data.frames.items():
        kinds = GOLD[name].columns
        texts = [c for c, kind in kinds.items() if kind == "text" and c not in keep and c != "feature_id"]
        changed = frame.with_columns(
            pl.when(pl.col(c).is_not_null()).then(pl.col(c) + pl.lit(HOSTILE)).alias(c) for c in texts
        )
        if "drivers" in kinds:
            changed = changed.with_columns(drivers=pl.lit(json.dumps({HOSTILE: 0.5, "b": -0.1})))
            changed = changed.with_columns(missing=pl.lit(json.dumps([HOSTILE])))
        frames[name] = changed
    return dataclasses.replace(data, frames=frames)


def test_hostile_names_stay_text() -> None:
    data = sample(days=80)
    clean, dirty = Page(render(data, AT)), Page(render(poisoned(data), AT))
    assert dirty.headings == clean.headings
    assert not [tag for tag, _ in dirty.tags if tag == "img"]
    assert len([1 for tag, _ in dirty.tags if tag == "script"]) == len([1 for tag, _ in clean.tags if tag == "script"])
    assert not [values for _, values in dirty.tags if any(name.startswith("on") for name in values)]
    assert "<script>alert(1)</script>" in "".join(dirty.text)  # there, and read as text
    for spec in figure_specs(poisoned(data)).values():
        drawn = json.dumps({k: spec["layout"].get(k) for k in ("annotations",)}) + json.dumps(spec["data"])
        assert "<script" not in drawn
        assert "<img" not in drawn
    assert "<script" not in summary_markdown(poisoned(data))


@pytest.mark.parametrize("table", list(GOLD))
def test_an_absent_table_is_named_and_the_page_is_complete(table: str) -> None:
    rendered = Page(render(sample(days=80, drop=(table,)), AT))
    assert rendered.headings == [*TITLES, "Receipts"]
    if table in ("portfolio_state", "risk_metrics_daily", "regime", "agent_view", "strategy_signals", "feature",
                 "target_position", "pnl_attribution", "component_var", "dv01_ladder", "stress_test_results",
                 "risk_limits_status", "dataset_status", "input_receipt"):  # fmt: skip
        text = " ".join(rendered.text)
        assert re.search(r"not known|not computed|not measured|No .* (computed|stored|given)|cannot be", text)


def test_without_any_table_every_section_names_its_gap_and_no_number_is_made_up() -> None:
    empty = dataclasses.replace(sample(days=3), frames={})
    sections = [make(empty) for make in SECTIONS]
    assert all(section.missing for section in sections)
    assert all(not section.blocks and not section.sentences for section in sections)
    body = Page(render(empty, AT))
    words = " ".join(body.text).replace("19 Nov 2026", "").replace("06:00", "")
    words = re.sub(r"(?s)\bAgenda\b.*?\bNot computed\b", "", words)  # its days and hours are the calendar's
    words = re.sub(r"Rendered .*?test|And \d+ more gaps|DV01", "", words)
    assert not re.search(r"\d", words.replace("VaR 95%", "")), words
    assert actions_table(empty) == []
    assert "n/a" not in summary_markdown(empty)


def test_a_row_of_yesterday_alone_is_not_taken_for_todays() -> None:
    data = sample(days=30)
    frames = {name: frame.filter(pl.col("as_of") < data.as_of) for name, frame in data.frames.items()}
    late = dataclasses.replace(data, frames=frames)
    assert figure_specs(late) == {}
    assert "NAV and P&L are not known" in summary_markdown(late).replace("&amp;", "&")


FED_BY = {
    "fig-di-curve": ("feature", "value"), "fig-real-curve": ("feature", "value"), "fig-level-z": ("feature", "value"),
    "fig-breakeven-curve": ("feature", "value"), "fig-ust-curve": ("feature", "value"),
    "fig-regime": ("regime", "probability"), "fig-agent-inflation": ("agent_view", "drivers"),
    "fig-agent-scores": ("agent_view", "score"), "fig-signal-matrix": ("strategy_signals", "score"),
    "fig-signal-history": ("strategy_signals", "score"), "fig-conviction": ("aggregated_signal", "conviction"),
    "fig-nav": ("portfolio_state", "nav_brl"), "fig-underwater": ("portfolio_state", "drawdown"),
    "fig-months": ("portfolio_state", "return_1d"), "fig-pnl-day": ("pnl_attribution", "pnl_brl"),
    "fig-pnl-month": ("pnl_attribution", "pnl_brl"), "fig-tail": ("risk_metrics_daily", "value"),
    "fig-var-history": ("risk_metrics_daily", "value"), "fig-limits": ("risk_limits_status", "utilisation"),
    "fig-component-var": ("component_var", "component_var_95"), "fig-stress": ("stress_test_results", "pnl_brl"),
    "fig-dv01": ("dv01_ladder", "dv01_brl"), "fig-orders": ("action", "contracts_to"),
    "fig-cupom-curve": ("feature", "value"), "fig-returns": ("portfolio_state", "return_1d"),
    "fig-rolling": ("portfolio_state", "return_1d"), "fig-breaker": ("portfolio_state", "shadow_nav_brl"),
    "fig-pnl-strategy": ("pnl_by_strategy", "pnl_brl"), "fig-pnl-factor": ("pnl_by_factor", "pnl_brl"),
}  # fmt: skip


@pytest.mark.parametrize(("identity", "origin"), list(FED_BY.items()))
def test_a_figures_numbers_come_from_its_frame(
    short: ReportData, specs: dict[str, Any], identity: str, origin: tuple[str, str]
) -> None:
    table, column = origin
    frame = short.frames[table]
    if column == "drivers":
        changed = frame.with_columns(drivers=pl.lit('{"expectations": 0.987}'))
    else:
        noise = pl.int_range(frame.height) % 7 + 1
        changed = frame.with_columns((pl.col(column) * 1.5 + noise * 1e-3).cast(frame[column].dtype))
    other = figure_specs(dataclasses.replace(short, frames={**short.frames, table: changed}))
    assert other[identity]["data"] != specs[identity]["data"]


def test_every_figure_is_covered_by_the_test_above(specs: dict[str, Any]) -> None:
    assert {name for name in specs if not name.startswith("fig-agent-")} <= set(FED_BY)


def test_the_first_screen_is_its_lines(data: ReportData, page: Page) -> None:
    shown = first_screen.lines(data, [make(data) for make in SECTIONS])
    assert [tag for tag, _ in page.tags].count("dt") == len(shown)
    assert "vix has 17.2, vix_fred has 18.1" in " ".join(page.text)


def test_levels_carry_their_receipts(data: ReportData, html: str) -> None:
    table = next(block for block in SECTIONS[0](data).blocks if isinstance(block, Table))
    spot = next(row for row in table.rows if row[0].text == "USD/BRL")
    receipt = data.frames["input_receipt"].filter(pl.col("input_id") == "usdbrl").row(0, named=True)
    assert receipt["sha256"][:12] in spot[1].title
    assert "known 18 Nov 2026 21:00 BRT (by the declared publication rule)" in spot[1].title
    assert f'id="{spot[0].href[1:]}"' in html


def test_an_unknown_language_or_a_naive_time_is_bad_input(data: ReportData) -> None:
    with pytest.raises(BadInput, match="no language 'xx'"):
        render(data, AT, "xx")
    with pytest.raises(BadInput, match="no time zone"):
        render(data, dt.datetime(2026, 11, 19, 9))  # noqa: DTZ001  the naive time is the point


def test_the_artifact_for_readers_beyond_the_desk_has_no_number() -> None:
    text = withheld_markdown(sample(days=5), "https://desk.example/report", ("b3_market_data", "fred"))
    assert "the terms of b3_market_data, fred do not allow it" in text
    assert not re.search(r"NAV|VaR|DI1|[0-9],[0-9]|%", text.partition("\n")[2])
