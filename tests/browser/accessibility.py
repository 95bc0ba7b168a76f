"""What axe-core finds on a page. It comes with its Python package, so nothing is fetched."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

#: WCAG 2.2 AA and below, and what axe calls best practices.
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_axe = Axe()


def findings(page: Page, *, colours_only: bool = False) -> list[str]:
    """Each violation with the first elements that it is about; empty where there is none.

    ``colours_only``: a page that has been looked at is looked at again in other colours.
    """
    run_only = {"type": "rule", "values": ["color-contrast"]} if colours_only else {"type": "tag", "values": _TAGS}
    found = _axe.run(page, options={"runOnly": run_only})
    return [
        f"{each['id']} ({each['impact']}): {each['help']}: "
        + " | ".join(f"{node['html'][:160]} [{node['target'][0]}]" for node in each["nodes"][:4])
        + (f" and {len(each['nodes']) - 4} more" if len(each["nodes"]) > 4 else "")
        for each in found.response["violations"]
    ]
