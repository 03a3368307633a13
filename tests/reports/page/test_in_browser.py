"""The page in a browser: what a cell says on hover it says to a keyboard and to a finger; without a script the figures
stand still."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from choreographer import Browser

from reports.page.png_export import find_browser
from reports.page.render import render
from tests.reports.html_page import AT
from tests.reports.sample import sample

pytestmark = pytest.mark.skipif(find_browser() is None, reason="no Chrome or Chromium on this machine")
CELL = "document.querySelector('#table-tail-risk td[data-tip]')"
TIP = "[document.getElementById('tip').hidden, document.getElementById('tip').textContent]"
# The middle of the cell, once it has stood still for half a second: a page that is still laid out moves under a finger.
MIDDLE = f"""new Promise(done => {{
  const cell = {CELL};
  let last = '', still = 0;
  const look = () => {{
    const box = cell.getBoundingClientRect(), x = box.x + box.width / 2, y = box.y + box.height / 2;
    still = last === `${{x}} ${{y}}` && document.elementFromPoint(x, y) === cell ? still + 1 : 0;
    last = `${{x}} ${{y}}`;
    if (still >= 10) return done([x, y]);
    if (!still) cell.scrollIntoView({{block: 'center', behavior: 'instant'}});
    setTimeout(look, 50);
  }};
  look();
}})"""
SEEN = """[...document.querySelectorAll('.plot')].map(plot => ['.still', '.live'].map(kind => {
  const found = plot.querySelector(kind); return found ? found.getBoundingClientRect().height > 20 : false; }))"""


async def value(tab: Any, expression: str) -> Any:
    parameters = {"expression": expression, "returnByValue": True, "awaitPromise": True}
    answer = await tab.send_command("Runtime.evaluate", parameters)
    return answer["result"]["result"].get("value")


async def opened(tab: Any, address: str) -> None:
    await tab.send_command("Page.enable")
    loaded = tab.subscribe_once("Page.loadEventFired")
    await tab.send_command("Page.navigate", {"url": address})
    await loaded


async def seen(address: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    async with Browser(path=find_browser(), headless=True) as browser:
        tab = await browser.create_tab("")
        await opened(tab, address)
        whole = "!document.querySelector('.plot:not(.drawn)')"
        await value(
            tab, f"new Promise(done => {{ const look = () => {whole} ? done(1) : setTimeout(look, 50); look() }})"
        )
        found["with a script"] = await value(tab, SEEN)
        found["wanted"] = await value(tab, f"{CELL}.dataset.tip")
        await value(tab, f"{CELL}.previousElementSibling.tabIndex = 0, {CELL}.previousElementSibling.focus()")
        for kind in ("keyDown", "keyUp"):
            key = {"type": kind, "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}
            await tab.send_command("Input.dispatchKeyEvent", key)
        found["by key"] = await value(tab, TIP)
        found["focused"] = await value(tab, "document.activeElement.dataset.tip")
        for kind in ("keyDown", "keyUp"):
            await tab.send_command("Input.dispatchKeyEvent", {"type": kind, "key": "Escape", "code": "Escape"})
        found["after Escape"] = await value(tab, TIP)
        await tab.send_command("Emulation.setTouchEmulationEnabled", {"enabled": True})
        await value(tab, "document.activeElement.blur()")
        x, y = await value(tab, MIDDLE)
        await tab.send_command("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
        await tab.send_command("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        await asyncio.sleep(0.5)
        found["by finger"] = await value(tab, TIP)
        await tab.send_command("Emulation.setScriptExecutionDisabled", {"value": True})
        await opened(tab, address)
        found["without a script"] = await value(tab, SEEN)
    return found


async def test_a_receipt_is_read_by_key_and_finger_and_a_figure_without_a_script(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(render(sample(days=180), AT), encoding="utf-8")
    found = await asyncio.wait_for(seen(path.as_uri()), 120)
    assert found["wanted"]
    assert found["focused"]
    assert found["by key"] == [False, found["focused"]]
    assert found["after Escape"][0] is True
    assert found["by finger"] == [False, found["wanted"]]
    assert len(found["with a script"]) > 20
    assert all(pair == [False, True] for pair in found["with a script"]), "the live figure alone"
    assert all(pair == [True, False] for pair in found["without a script"]), "the still picture alone"
