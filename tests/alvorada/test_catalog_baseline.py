"""The check before is the baseline: what a provider says otherwise is told once, silence changes nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from alvorada.cli.catalog_baseline import compared_with
from alvorada.cli.catalog_notice import MOST, changes_message, send_changes
from blocks.settings import load_settings
from desk.catalog.provider_metadata import Difference, Metadata, Verdict
from desk.errors import AlvoradaError, BadInput
from tests.fixtures.deliveries import Mailbox

BEFORE = Metadata("Unemployment Rate", "Percent", "M", True, dt.date(2026, 10, 1))
GOOD = Verdict("us_unemployment", "fred", "agrees", found=BEFORE)


def test_the_first_check_makes_the_baseline_and_the_same_answer_is_no_news(tmp_path: Path) -> None:
    path = tmp_path / "home" / "catalogue_live.json"
    assert compared_with(path, [GOOD]) == [GOOD]
    assert compared_with(path, [GOOD]) == [GOOD]
    newer = replace(GOOD, found=replace(BEFORE, last=dt.date(2026, 11, 1)))
    assert compared_with(path, [newer]) == [newer]


@pytest.mark.parametrize(
    ("change", "what", "was", "now"),
    [
        ({"name": "Unemployment Level"}, "name, was", "Unemployment Rate", "Unemployment Level"),
        ({"unit": "Thousands"}, "unit, was", "Percent", "Thousands"),
        ({"frequency": "Q"}, "frequency, was", "M", "Q"),
        ({"adjusted": False}, "adjustment, was", "sa", "none"),
        ({"last": dt.date(2026, 9, 1)}, "last value, was", "2026-10-01", "2026-09-01"),
    ],
)
def test_each_change_is_a_difference_and_is_told_once(
    tmp_path: Path, change: dict[str, object], what: str, was: str, now: str
) -> None:
    path = tmp_path / "catalogue_live.json"
    compared_with(path, [GOOD])
    other = replace(GOOD, found=replace(BEFORE, **change))  # type: ignore[arg-type]
    (compared,) = compared_with(path, [other])
    assert (compared.state, compared.differences) == ("differs", (Difference(what, was, now),))
    assert compared_with(path, [other]) == [other]


def test_a_series_that_does_not_answer_keeps_its_place(tmp_path: Path) -> None:
    path = tmp_path / "catalogue_live.json"
    compared_with(path, [GOOD])
    silent = Verdict("us_unemployment", "fred", "unreachable", note="HTTP 503")
    assert compared_with(path, [silent]) == [silent]
    (compared,) = compared_with(path, [replace(GOOD, found=replace(BEFORE, unit="Index"))])
    assert compared.state == "differs"


@pytest.mark.parametrize("text", ["", "[]", "{", '{"x": {"colour": 1, "last": null}}'])
def test_a_file_that_is_no_baseline_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "catalogue_live.json"
    path.write_text(text)
    with pytest.raises(BadInput, match=r"catalogue_live\.json is no baseline"):
        compared_with(path, [GOOD])
    assert path.read_text() == text


AT = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)
MOVED = replace(GOOD, state="differs", differences=(Difference("unit, was", "Percent", "Thousands"),))


async def test_a_change_is_one_message_and_a_standing_difference_is_none(mailbox: Mailbox) -> None:
    settings = load_settings(smtp_host="127.0.0.1", smtp_port=mailbox.port, smtp_security="insecure",
                             smtp_recipients=("desk@example.com",))  # fmt: skip
    standing = replace(GOOD, state="differs", differences=(Difference("unit", "Percent", "Thousands"),))
    assert await send_changes(settings, [standing, GOOD], AT) == 0
    assert mailbox.subjects() == []
    assert await send_changes(settings, [standing, MOVED], AT) == 1
    assert mailbox.subjects() == ["Alvorada catalogue: us_unemployment changed at the source"]
    assert "us_unemployment (fred): unit, was Percent, is Thousands." in str(mailbox.got[0][1])


def test_many_changes_are_counted() -> None:
    message = changes_message([replace(MOVED, subject=f"series_{number}") for number in range(MOST + 5)], AT)
    assert message is not None
    assert message.title == f"Alvorada catalogue: {MOST + 5} series changed at the source"
    assert "And 5 more." in message.paragraphs


async def test_without_a_channel_notify_is_refused() -> None:
    with pytest.raises(BadInput, match="tells nobody"):
        await send_changes(load_settings(), [MOVED], AT)


def test_where_telling_fails_the_next_check_has_the_change_again(tmp_path: Path) -> None:
    def fails(compared: Sequence[Verdict]) -> None:
        raise AlvoradaError("the mail server is down")

    path = tmp_path / "catalogue_live.json"
    compared_with(path, [GOOD])
    other = replace(GOOD, found=replace(BEFORE, unit="Thousands"))
    with pytest.raises(AlvoradaError, match="mail server"):
        compared_with(path, [other], fails)
    (compared,) = compared_with(path, [other])
    assert compared.differences == (Difference("unit, was", "Percent", "Thousands"),)
