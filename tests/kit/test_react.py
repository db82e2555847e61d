"""The kit's React components in an app that React draws."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import expect

from tests.kit.conftest import Open
from tests.kit.host import KIT, Host
from tests.node import run

PACKAGE: Final = KIT.parent
APP: Final = """
import { createElement } from "react";
import { createRoot } from "react-dom/client";
import { Ports } from "%s";

window.changes = [];
const onChange = (change) => window.changes.push(change.action);
const app = createElement(Ports, { pageSize: 3, className: "mine", onChange });
createRoot(document.querySelector("main")).render(app);
"""
CONFIG: Final = """export default {
  input: "app.mjs",
  platform: "browser",
  resolve: { modules: ["%s"] },
  transform: { define: { "process.env.NODE_ENV": '"production"' } },
  output: { file: "bundle.js", format: "esm", codeSplitting: false },
};"""


@pytest.fixture
def app(portal: Host, tmp_path: Path) -> Iterator[None]:
    """Bundle a React app with a list of ports, and add it to the pages of the site."""
    (tmp_path / "app.mjs").write_text(APP % (KIT / "react" / "react.js"), "utf-8")
    (tmp_path / "config.mjs").write_text(CONFIG % (PACKAGE / "node_modules"), "utf-8")
    rolldown = PACKAGE / "node_modules" / ".bin" / "rolldown"
    run(tmp_path, "node", str(rolldown), "-c", "config.mjs")
    portal.script = (tmp_path / "bundle.js").read_text("utf-8")
    yield
    portal.script = ""


@pytest.mark.usefixtures("app")
async def test_react_component_passes_attributes_and_reports_changes(visit: Open) -> None:
    """The component draws the element with its attributes, and calls the app's function when the viewer changes something."""
    async with visit() as page:
        await expect(page.locator("crossgate-ports.mine[page-size='3']")).to_be_visible()
        first = page.get_by_role("article").first
        await first.get_by_role("button", name="Rename").click()
        await first.get_by_label("New name").fill("From React")
        await first.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("heading", name="From React")).to_be_visible()

        await page.wait_for_function("changes.length > 0")  # the event of the change can come before its answer

        assert await page.evaluate("changes") == ["UPDATE"]
