"""Comparison of a series of the catalogue with its provider's metadata: name, unit, frequency, adjustment, last value.

Providers write in their own language and style. Units of both sides are converted to a unit of measure and a magnitude
(`fraction per year` at a scale of 0.01 is a percent; `Billions of Dollars` is 1e9 USD), names to sets of plain words.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from desk.model import Series

CHANGED = ", was"
"""How a difference from the check before ends its `what`."""
State = Literal["agrees", "differs", "no metadata", "unreachable"]


@dataclass(frozen=True, slots=True)
class Metadata:
    """A provider's metadata of one series; None for what the provider does not state.

    `frequency`: D, W, M or Q, or the provider's own word for any other. `adjusted`: seasonally adjusted or not. `last`:
    date of the latest value.
    """

    name: str | None = None
    unit: str | None = None
    frequency: str | None = None
    adjusted: bool | None = None
    last: dt.date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """One disagreement: the compared property, the catalogue's value and the provider's value."""

    what: str
    ours: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result for one series, or for a dataset without series of its own.

    `no metadata`: the provider states neither name nor unit, though it may state frequency and last value.
    """

    subject: str
    source: str
    state: State
    differences: tuple[Difference, ...] = ()
    note: str = ""
    found: Metadata | None = None


def verdict(series: Series, found: Metadata | None, today: dt.date) -> Verdict:
    """The verdict on a series from its provider's metadata. `found` is None when the provider does not know it."""
    subject, source = series.id, series.source
    if found is None:
        return Verdict(subject, source, "differs", (Difference("code", series.code, "not known to the provider"),))
    differences = tuple(_differences(series, found, today))
    if differences:
        return Verdict(subject, source, "differs", differences, found.note, found)
    state: State = "no metadata" if found.name is None and found.unit is None else "agrees"
    return Verdict(subject, source, state, (), found.note, found)


def changes(before: Metadata, now: Metadata) -> tuple[Difference, ...]:
    """What the provider says otherwise than at the check before: name, unit, frequency, adjustment, or a last value
    that went back. What one of the two checks does not know is no change."""
    pairs = [
        ("name", before.name, now.name),
        ("unit", before.unit, now.unit),
        ("frequency", before.frequency, now.frequency),
        ("adjustment", *(None if one.adjusted is None else "sa" if one.adjusted else "none" for one in (before, now))),
    ]
    found = [Difference(f"{what}{CHANGED}", a, b) for what, a, b in pairs if a is not None and b is not None and a != b]
    if before.last is not None and now.last is not None and now.last < before.last:
        found.append(Difference(f"last value{CHANGED}", before.last.isoformat(), now.last.isoformat()))
    return tuple(found)


def _differences(series: Series, found: Metadata, today: dt.date) -> Iterable[Difference]:
    if found.name is not None and not names_agree(series.name, found.name):
        yield Difference("name", series.name, found.name)
    if found.unit is not None and our_measure(series) != provider_measure(found.unit):
        written = series.unit if series.scale == 1 else f"{series.unit} (source x {series.scale})"
        yield Difference("unit", written, found.unit)
    if found.frequency is not None and found.frequency != series.frequency:
        yield Difference("frequency", series.frequency, found.frequency)
    if found.adjusted is not None and found.adjusted != (series.seasonal == "sa"):
        yield Difference("adjustment", series.seasonal, "sa" if found.adjusted else "none")
    if found.last is not None and (today - found.last).days > series.max_age_days:
        yield Difference("last value", f"at most {series.max_age_days} days old", found.last.isoformat())


_MAGNITUDES = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12, "mil": 1e3, "milhoes": 1e6}
_CURRENCIES: dict[str, str] = {
    "dollar": "usd", "us$": "usd", "usx": "us cent", "real": "brl", "reai": "brl", "r$": "brl", "euro": "eur",
    "peso": "mxn", "yen": "jpy", "pound": "gbp", "gbp": "gbp", "sterling": "gbp",
}  # fmt: skip
_ISO = ("usd", "brl", "eur", "mxn", "jpy", "gbp", "clp", "cop", "zar", "try", "cny", "cad", "chf", "sek", "krw", "inr",
        "pen", "aud")  # fmt: skip
_PHYSICAL = ("barrel", "tonne", "ounce", "bushel", "hour")
UnitOfMeasure = tuple[str, float]
"""Name of the unit, and the magnitude of one unit of the written number."""


def our_measure(series: Series) -> UnitOfMeasure:
    """Unit and magnitude of the number as its source writes it, before `scale`."""
    unit = series.unit.lower()
    if unit.startswith("fraction"):
        return ("percent", 1.0) if str(series.scale) == "0.01" else ("fraction", 1.0)
    return provider_measure(series.unit)


def provider_measure(text: str) -> UnitOfMeasure:
    """Unit and magnitude of a provider's text: `Millions of Dollars` gives (usd, 1e6), `%` gives (percent, 1.0)."""
    plain = plain_text(text)
    words = _singular(re.findall(r"[a-z$%]+|\d+", plain.replace("u.s. ", "us ")))
    if "%" in plain or "percent" in plain:
        return "percent", 1.0
    if "index" in words or words[:1] == ["numero"]:
        return "index", 1.0
    if plain.startswith(("+1 or 0", "1 in ")):
        return "flag", 1.0
    magnitude = next((_MAGNITUDES[word] for word in words if word in _MAGNITUDES), 1.0)
    if ("us", "cent") in itertools.pairwise(words):
        return "us cent", magnitude
    if match := re.split(r" per | to (?:one )?|/", plain, maxsplit=1):
        sides = [_side(part) for part in match]
        if sides[0] and len(sides) == 2 and sides[1]:
            return f"{sides[0]} per {sides[1]}", magnitude
        if sides[0]:
            return sides[0], magnitude
    return "count", magnitude


def _side(text: str) -> str:
    """The currency or physical unit that a part of a unit text names; empty for anything else."""
    words = _singular(re.findall(r"[a-z$]+", text.replace("u.s. ", "us ")))
    for word in words:
        if word in _CURRENCIES:
            return _CURRENCIES[word]
        if word in _ISO:
            return word
        if word in ("metric", "ton"):
            return "tonne"
        if word in _PHYSICAL:
            return word
    return ""


_GLOSSARY = {
    "alimentacao": "food", "bebidas": "beverages", "habitacao": "housing", "artigos": "goods",
    "residencia": "household", "vestuario": "clothing", "transportes": "transport", "saude": "health",
    "cuidados": "care", "pessoais": "personal", "despesas": "expenses", "educacao": "education",
    "comunicacao": "communication", "peso": "weight", "meses": "months", "geral": "headline", "indice": "index",
    "numero": "number", "consumer": "cpi", "producer": "ppi", "usd": "dollar", "real": "brl", "reais": "brl",
    "reals": "brl", "pesos": "mxn", "yen": "jpy", "euro": "eur", "pound": "gbp",
    "dolar": "dollar", "venda": "sell", "compra": "buy", "vendas": "sales", "compras": "purchases",
    "exportacao": "exports", "importacao": "imports", "saldo": "balance", "reservas": "reserves",
    "nucleo": "core", "difusao": "diffusion", "ponderacao": "weight", "aparadas": "trimmed", "duraveis": "durables",
    "semi": "semi", "nao": "non", "servicos": "services", "desocupacao": "unemployment", "transacoes": "transactions",
    "correntes": "current", "comercial": "trade", "investimentos": "investment", "diretos": "direct",
    "divida": "debt", "bruta": "gross", "liquida": "net", "comercializaveis": "tradables",
    "administrados": "administered", "livres": "free", "industriais": "industrial", "industria": "industrial",
    "producao": "production", "confianca": "confidence", "renda": "income", "primaria": "primary",
    "primario": "primary", "bens": "goods", "contratado": "contracted", "financeiro": "financial", "demais": "other",
    "antecipado": "prepayment", "adiantamento": "advances", "sem": "without", "com": "with", "dupla": "double",
    "twelve": "12", "two": "2", "three": "3", "five": "5", "seven": "7", "ten": "10",
}  # fmt: skip
_MEASURES = ("weight", "12", "non")
"""Words that distinguish two series on one subject: either both names contain such a word or neither does."""
_OPPOSITES = (("sell", "buy"), ("export", "import"), ("purchase", "sale"), ("gross", "net"))
"""A name with the one word alone is not that of a name with the other alone."""
_PARTS = frozenset(
    ("food", "beverage", "housing", "household", "clothing", "transport", "health", "personal", "education",
     "communication", "core", "service", "tradable", "administered", "free", "industrial", "durable")
)  # fmt: skip
"""Parts of a price index: a name without a word of its own, as the whole index has, is not that of one of them."""
_COMMON = frozenset(
    ("the", "of", "and", "in", "to", "by", "for", "at", "on", "a", "us", "united", "states", "ipca", "cot", "rate",
     "index", "change", "monthly", "all", "less", "fund", "future", "long", "short", "ishares", "etf",
     "open", "interest", "money", "managed", "leveraged", "asset", "manager", "dealer", "swap", "position")
)  # fmt: skip


def names_agree(ours: str, theirs: str) -> bool:
    """True when two names share at least one distinctive word, agree on the words of `_MEASURES`, and say nothing
    opposite."""
    one, other = _words(ours), _words(theirs)
    distinctive = one - _COMMON - set(_MEASURES)
    if any((word in one) != (word in other) for word in _MEASURES):
        return False
    sides = [(one & {*pair}, other & {*pair}) for pair in _OPPOSITES]
    if any(len(left) == len(right) == 1 and left != right for left, right in sides):
        return False
    if not distinctive:
        return bool(one & other) and not other & _PARTS
    return bool(distinctive & other)


def _words(text: str) -> frozenset[str]:
    spelled = re.findall(r"[a-z]+|\d+", plain_text(text))
    translated = (_GLOSSARY.get(word, word) for word in spelled)
    return frozenset(_singular(translated))


def _singular(words: Iterable[str]) -> list[str]:
    return [word.removesuffix("s") if len(word) > 3 else word for word in words]


def plain_text(text: str) -> str:
    """Lower case, without accents."""
    folded = unicodedata.normalize("NFKD", text.lower())
    return "".join(char for char in folded if not unicodedata.combining(char))
