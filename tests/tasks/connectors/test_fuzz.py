"""Two thousand spoiled bodies of all sources: each is rows that hold what is promised, or a SourceError."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import polars as pl
import pytest

from desk.catalog import load_catalog
from desk.errors import BadPayload, NoData, SourceError
from desk.model import Window
from sandbox.world import SimulatedWorld
from tasks.connectors import CONNECTORS
from tasks.connectors.exchange import Query
from tests.tasks.connectors import real_market_cases as markets
from tests.tasks.connectors import test_real_payloads_brazil as brazil
from tests.tasks.connectors.answers import connector
from tests.tasks.connectors.fuzzing import Sample, held_promises, samples, spoiled
from tests.tasks.connectors.mutations import MUTATIONS

EACH = 7
"""Bodies of one sample and one mutation: about two thousand in all."""
EACH_REAL = 1
MOST_REAL_BYTES = 200_000


@pytest.fixture(scope="module")
def sampled() -> list[Sample]:
    return samples(SimulatedWorld(7, load_catalog()))


def test_every_source_has_samples(sampled: list[Sample]) -> None:
    assert {one.connector.source for one in sampled} == set(CONNECTORS)
    for sample in sampled:
        assert held_promises(sample, "as it is", sample.ask(sample.body(sample.text))) == []


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_spoiled_body_is_rows_or_a_named_error(sampled: list[Sample], mutation: str) -> None:
    rng = random.Random(f"2026 {mutation}")
    refused = 0
    for sample, _ in itertools.product(sampled, range(EACH)):
        refused += _refused(sample, mutation, rng)
    assert refused > len(sampled), "the mutation spoils something"


@pytest.mark.real
@pytest.mark.skipif(not markets.FOLDER.is_dir(), reason=f"no collected payloads at {markets.FOLDER}")
def test_so_is_a_spoiled_body_of_the_real_ones() -> None:
    rng = random.Random(2026)
    found = _real_samples(markets.FOLDER)
    assert len(found) > 25
    for sample, mutation, _ in itertools.product(found, MUTATIONS, range(EACH_REAL)):
        _refused(sample, mutation, rng)


def _refused(sample: Sample, mutation: str, rng: random.Random) -> bool:
    """Whether the source's answer was refused. Fails where rows are not what is promised."""
    body = spoiled(sample, mutation, rng)
    failure: SourceError | None = None
    fetched = []
    try:
        fetched = sample.ask(body)
    except SourceError as error:
        failure = error
    if failure is not None:
        assert (failure.source, str(failure).isprintable()) == (sample.connector.source, True)
        return not isinstance(failure, NoData)
    assert held_promises(sample, mutation, fetched) == [], (sample.name, mutation, body[:200])
    return False


def _real_samples(folder: Path) -> list[Sample]:
    """Every collected body that a connector reads, the large ones left out."""
    found = []
    cases: list[markets.Good | brazil.Good] = [*markets.GOOD, *brazil.GOOD]
    for case in cases:
        dataset = load_catalog().datasets[case.dataset] if isinstance(case.dataset, str) else case.dataset
        span = Window(markets.DAY(case.start), markets.DAY(case.end))
        extra = dict(getattr(case, "extra", {}))
        query = Query(dataset, case.series, span, extra)
        body = getattr(case, "unwrap", markets.as_it_is)((folder / case.file).read_bytes())
        if len(body) <= MOST_REAL_BYTES:
            found.append(Sample(str(case), connector(dataset.source, getattr(case, "key", None)), query, body))
    return found


def test_a_frame_of_a_polars_panic_is_contained(sampled: list[Sample], monkeypatch: pytest.MonkeyPatch) -> None:
    sample = next(one for one in sampled if one.name == "bcb_sgs_daily")

    def panics(payload: object) -> None:
        raise pl.exceptions.PanicException("index out of bounds")

    monkeypatch.setattr(type(sample.connector), "parse", lambda self, payload: panics(payload))
    with pytest.raises(BadPayload, match="PanicException: index out of bounds"):
        sample.ask(sample.body(sample.text))
