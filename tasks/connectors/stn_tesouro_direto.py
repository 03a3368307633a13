"""The Tesouro Direto history file: `;`, decimal comma, dd/mm/yyyy, one row per bond and day, in no order of days.

Whether thousands carry a point is told both ways, so both are read. Numbers go from text to float in one step: the
percent sign's two places are an exponent on the text (`13,45` -> `13.45e-2`), so nothing is rounded twice.
"""

from __future__ import annotations

import polars as pl

from desk.errors import HtmlPayload, NoData
from desk.model import SETTLEMENT, Frames
from tasks.connectors.base import Payload
from tasks.connectors.bodies import bad_payload, looks_like_html, one_row_per_key, require_body, require_ok, snippet

TITLE, MATURITY, DAY = "Tipo Titulo", "Data Vencimento", "Data Base"
RATE, PRICE = "Taxa Venda Manha", "PU Base Manha"
COLUMNS = (TITLE, MATURITY, DAY, RATE, PRICE)

BONDS = {
    "Tesouro Prefixado": "LTN",
    "Tesouro Prefixado com Juros Semestrais": "NTN-F",
    "Tesouro IPCA+": "NTN-B-P",
    "Tesouro IPCA+ com Juros Semestrais": "NTN-B",
    "Tesouro IGPM+ com Juros Semestrais": "NTN-C",
    "Tesouro Selic": "LFT",
}
"""The shop's names to the Treasury's. A title that is not here (RendA+, Educa+, new ones) keeps its own name."""

_COMMA_NUMBER = r"^[+-]?(\d{1,3}(\.\d{3})+|\d+)?(,\d*)?$"


def parse_tesouro_direto(payload: Payload) -> Frames:
    """Raises NoData where the window holds no row, BadPayload."""
    require_ok(payload)
    window = payload.query.window
    table = _read(payload).with_columns(pl.col(DAY).str.to_date("%d/%m/%Y", strict=False).alias("obs_date"))
    if table["obs_date"].null_count():
        bad = table.filter(pl.col("obs_date").is_null())[DAY][0]
        bad_payload(payload, f"{DAY} is not a dd/mm/yyyy date: {bad!r}")
    rows = table.filter(pl.col("obs_date").is_between(window.start, window.end)).with_columns(
        pl.col(MATURITY).str.to_date("%d/%m/%Y", strict=False).alias("maturity"),
        pl.col(TITLE).str.strip_chars().replace(BONDS).alias("bond"),
    )
    if rows["maturity"].null_count():
        bad = rows.filter(pl.col("maturity").is_null())[MATURITY][0]
        bad_payload(payload, f"{MATURITY} is not a dd/mm/yyyy date: {bad!r}")
    rows = rows.with_columns(
        _number(rows, RATE, payload, exponent=-2).alias("rate"), _number(rows, PRICE, payload).alias("price")
    ).filter(pl.col("price") > 0)  # a PU of zero: not for sale that day, and its rate of zero says nothing
    if rows.is_empty():
        raise NoData(payload.request.source, f"no bond in {window.start}..{window.end}", url=payload.request.url)
    frame = rows.select(
        pl.format("TD:{}_{}", "bond", pl.col("maturity").dt.to_string("%Y-%m-%d")).alias("contract_id"),
        "obs_date",
        pl.lit(None, pl.Datetime("us", "UTC")).alias("knowledge_time"),
        "price",
        "rate",
        pl.lit(None, pl.Float64).alias("open_interest"),
        pl.lit(None, pl.Float64).alias("volume"),
    )
    return {SETTLEMENT.name: one_row_per_key(frame, SETTLEMENT, payload)}


def _read(payload: Payload) -> pl.DataFrame:
    require_body(payload)
    if looks_like_html(payload.body):
        raise HtmlPayload(payload.request.source, "an HTML page in place of the file", url=payload.request.url)
    try:
        table = pl.read_csv(payload.body, separator=";", infer_schema=False, quote_char=None)
    except pl.exceptions.PolarsError as error:
        bad_payload(payload, f"not a CSV file ({error}): {snippet(payload)}")
    missing = [name for name in COLUMNS if name not in table.columns]
    if missing:
        bad_payload(payload, f"columns are missing: {', '.join(missing)}; the file has {', '.join(table.columns)}")
    return table.select(COLUMNS)


def _number(rows: pl.DataFrame, column: str, payload: Payload, exponent: int = 0) -> pl.Series:
    """Comma-decimal text as floats times ten to the `exponent`; blank is null. Raises BadPayload."""
    text = rows[column].str.strip_chars().replace("", None)
    plain = text.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
    well_formed = text.str.contains(_COMMA_NUMBER) & text.str.contains(r"\d")
    if not well_formed.drop_nulls().all():
        bad = text.filter(~well_formed.fill_null(True))[0]
        bad_payload(payload, f"{column} is not a comma-decimal number: {bad!r}")
    return (plain + f"e{exponent}").cast(pl.Float64)
