"""What stands behind the catalogue's labels: the record is whole, and numbers by code are nearest to their own name."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from desk.catalog import load_catalog
from desk.catalog.evidence import load_label_evidence
from tests.flows.real_folders import real_folder

CATALOG = load_catalog()
LABELS = Path(__file__).parents[2] / "docs" / "labels.md"
PANEL = {
    "4447": "ipca_comercializaveis", "4448": "ipca_nao_comercializaveis", "4449": "ipca_monitorados",
    "4466": "ipca_nucleo_ma", "10843": "ipca_duraveis", "10844": "ipca_servicos", "11427": "ipca_nucleo_ex",
    "11428": "ipca_livres", "21379": "ipca_difusao",
}  # fmt: skip
"""SGS code -> column of the nowcasting panel, which was made by code (its legend says which)."""
NAMED = {
    "ipca_tradables_mom": "Comercializáveis", "ipca_nontradables_mom": "Não comercializáveis",
    "ipca_administered_mom": "Monitorados", "core_trimmed_mom": "MS", "ipca_durables_mom": "Duráveis",
    "ipca_services_mom": "Serviços", "core_ex0_mom": "EX0", "ipca_free_mom": "Livres", "ipca_diffusion": "difusao",
}  # fmt: skip
"""Our series -> the name in a compilation that was made by name."""
WHOLE = (
    ("current_account", "transacoes_correntes", "conta_corrente_usd_mn_2000_2026", "value", 284, 1.0),
    ("trade_balance", "balanca_comercial", "balanca_comercial_usd_mn_2000_2025", "saldo_usd_milhoes", 274, 0.95),
    ("gross_debt_gdp", "dbgg_pib", "divida_bruta_pct_pib_2006_2025", "valor", 227, 0.75),
    ("primary_need_12m_gdp", "resultado_primario_12m", "primary_result_12m_pct_gdp_nfsp_read", "value", 230, 0.99),
)  # fmt: skip
"""Series, column by code, file by name, its column, months in common, share that must be equal (some are revised)."""


def test_every_label_says_what_it_rests_on() -> None:
    evidence = load_label_evidence(CATALOG)
    assert evidence.keys() == CATALOG.series.keys()
    assert all(len(one.says) > 20 for one in evidence.values())


def test_the_page_of_labels_counts_and_lists_what_is_not_settled() -> None:
    evidence, page = load_label_evidence(CATALOG), LABELS.read_text(encoding="utf-8")
    for kind, count in Counter(one.kind for one in evidence.values()).items():
        assert f"| `{kind}` | {count} |" in page, (kind, count)
    for name, one in evidence.items():
        if not one.settled:
            assert f"`{CATALOG.series[name].code}`" in page, name


@pytest.mark.real
@pytest.mark.parametrize("code", PANEL)
def test_numbers_collected_by_code_are_nearest_to_their_own_name(code: str) -> None:
    ours = next(one.id for one in CATALOG.series.values() if (one.source, one.code) == ("bcb_sgs", code))
    by_code = _panel(PANEL[code])
    distance = {name: _distance(by_code, column) for name, column in _compilations().items()}
    assert min(distance, key=lambda name: distance[name]) == NAMED[ours]
    assert distance[NAMED[ours]] < 0.05


@pytest.mark.real
@pytest.mark.parametrize(("series", "column", "file", "value", "months", "equal"), WHOLE)
def test_numbers_collected_by_code_are_those_collected_by_name(
    series: str, column: str, file: str, value: str, months: int, equal: float
) -> None:
    frame = pl.read_csv(real_folder("ALVORADA_REAL_HISTORY", "real-history") / "brazil_macro" / f"{file}.csv")
    by_code, by_name = _panel(column), _by_month(frame, "date" if "date" in frame.columns else "data", value)
    common = by_code.keys() & by_name.keys()
    assert len(common) >= months
    assert sum(abs(by_code[month] - by_name[month]) < 0.0101 for month in common) / len(common) >= equal, series


def _panel(column: str) -> dict[str, float]:
    file = real_folder("ALVORADA_REAL_PRODUCTS", "real-products") / "nowcast" / "brazil_nowcast.csv.gz"
    return _by_month(pl.read_csv(file, infer_schema=False), "period", column)


def _compilations() -> dict[str, dict[str, float]]:
    folder = real_folder("ALVORADA_REAL_HISTORY", "real-history") / "brazil_macro"
    found = {"difusao": _by_month(pl.read_csv(folder / "ipca_difusao.csv"), "data", "difusao")}
    for file in ("ipca_classificacoes.csv", "ipca_nucleos.csv"):
        for (name,), part in pl.read_csv(folder / file).partition_by("variavel", as_dict=True).items():
            found[str(name)] = _by_month(part, "data", "valor")
    return found


def _by_month(frame: pl.DataFrame, day: str, value: str) -> dict[str, float]:
    rows = frame.select(pl.col(day).str.slice(0, 7), pl.col(value).cast(pl.Float64)).drop_nulls().rows()
    return dict(rows)


def _distance(one: dict[str, float], other: dict[str, float]) -> float:
    """Mean absolute difference over the months in common."""
    common = one.keys() & other.keys()
    return sum(abs(one[month] - other[month]) for month in common) / len(common)
