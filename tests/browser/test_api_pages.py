"""The API's pages in a real browser, under their strict policy."""

from __future__ import annotations

import os

from playwright.sync_api import expect, sync_playwright

from tests.browser.conftest import _ARGUMENTS


def test_the_pages_show_the_document_and_load_nothing_from_elsewhere(port: int, browser_path: str) -> None:
    # given
    asked: list[str] = []
    faults: list[str] = []
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=browser_path, args=_ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        # when
        page.goto(f"http://acme.localhost:{port}/api/docs")
        expect(page.get_by_text("Place an order")).to_be_visible(timeout=30_000)
        if shot := os.environ.get("OMS_SCREENSHOTS"):
            page.screenshot(path=f"{shot}/api_pages.png")
        browser.close()
    # then
    assert {url.split("/")[2] for url in asked if not url.startswith("data:")} == {f"acme.localhost:{port}"}
    assert faults == []
