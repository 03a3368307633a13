"""What a run refuses before it begins."""

from __future__ import annotations

from pathlib import Path

import pytest

from desk.errors import BadInput
from desk.model import decision_time
from tasks.run.run_context import open_run
from tests.fixtures.flows import FILLED_DAY


async def test_a_consent_to_a_source_that_there_is_not_is_refused_before_anything_is_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ALVORADA_HOME", str(tmp_path))
    monkeypatch.setenv("ALVORADA_CONSENTS", '["b3_market_data", "bloomberg"]')
    with pytest.raises(BadInput, match=r"a consent to bloomberg \(ALVORADA_CONSENTS\): the sources are bcb_sgs"):
        async with open_run(decision_time(FILLED_DAY), "sandbox"):
            pass
    assert not (tmp_path / "lake").exists()
