"""The Tesouro Direto history file: `;`, decimal comma, dd/mm/yyyy, one row per bond and day, in no order of days.

Descriptions differ on whether thousands carry a point, so both are read. Numbers go from text to float in one step: the
percent sign's two places are an exponent on the text (`13,45` -> `13.45e-2`), so nothing is rounded twice.
"""

from __future__ import annotations

import polars as pl

from desk.errors import HtmlPayload, NoData
from desk.model import SETTLEMENT, Frames
from tasks.connectors.bodies import looks_like_html, require_body, require_ok
from tasks.connectors.exchange import Payload
from tasks.connectors.strict_values import comma_column, day_column

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


def parse_tesouro_direto(payload: Payload) -> Frames:
    """Raises NoData where the window holds no row, BadPayload."""
    require_ok(payload)
    window = payload.query.window
    table = _read(payload)
    table = table.with_columns(day_column(table[DAY], "dd/mm/yyyy").alias("obs_date"))
    rows = table.filter(pl.col("obs_date").is_between(window.start, window.end))
    rows = rows.with_columns(
        pl.col(TITLE).str.strip_chars().replace(BONDS).alias("bond"),
        day_column(rows[MATURITY], "dd/mm/yyyy").alias("maturity"),
        comma_column(rows[RATE], exponent=-2).alias("rate"),
        comma_column(rows[PRICE]).alias("price"),
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
    return {SETTLEMENT.name: frame}


def _read(payload: Payload) -> pl.DataFrame:
    """The columns that are read, as text. Raises ValueError, HtmlPayload, Outage.

    Polars fills a short row with nulls, so widths are counted: separators are that many to a line, on every line.
    """
    require_body(payload)
    body = payload.body
    if looks_like_html(body):
        raise HtmlPayload(payload.request.source, "an HTML page in place of the file", url=payload.request.url)
    if not body.endswith(b"\n"):
        raise ValueError(f"the last line does not end: {body[-60:]!r}")
    try:
        table = pl.read_csv(body, separator=";", infer_schema=False, quote_char=None)
    except pl.exceptions.PolarsError as error:
        raise ValueError(f"not a CSV file: {error}") from None
    missing = [name for name in COLUMNS if name not in table.columns]
    if missing:
        raise ValueError(f"columns are missing: {', '.join(missing)}; the file has {', '.join(table.columns)}")
    lines = table.height + 1
    if body.count(b"\n") != lines or body.count(b";") != lines * (table.width - 1):
        raise ValueError(f"not {table.width} fields on each of {lines} lines")
    return table.select(COLUMNS)
