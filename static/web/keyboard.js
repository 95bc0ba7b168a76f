"use strict";

// Keys of the back office; the overlay behind "?" lists them. Single keys can be switched off there, and never work
// while somebody types.
document.addEventListener("DOMContentLoaded", () => {
    const keys = document.getElementById("oms-keys");
    if (!keys) return;
    const allowed = keys.querySelector("[data-single-keys]");
    const OFF = "oms-single-keys-off";
    allowed.checked = localStorage.getItem(OFF) === null;
    allowed.addEventListener("change", () => {
        if (allowed.checked) localStorage.removeItem(OFF);
        else localStorage.setItem(OFF, "yes");
    });

    document.querySelectorAll("dialog.oms-palette").forEach((dialog) => {
        // Wherever the keyboard was before, it is again: the browser does that for a dialog that is closed.
        dialog.querySelectorAll("[data-close]").forEach((button) => button.addEventListener("click", () => dialog.close()));
        dialog.addEventListener("click", (event) => {
            if (event.target === dialog) dialog.close();
        });
    });
    const help = () => {
        keys.showModal();
        keys.querySelector("h2").focus();
    };
    document.querySelectorAll("[data-open-keys]").forEach((button) => button.addEventListener("click", help));

    // What leads to the row, else its checkbox: the keyboard's place in a list.
    const places = () =>
        [...document.querySelectorAll("#result_list tr.data-row")]
            .map((row) => ["th a", "td a", "input.action-select"].map((what) => row.querySelector(what)).find(Boolean))
            .filter(Boolean);
    const row = () => document.activeElement?.closest?.("#result_list tr.data-row") ?? null;
    const move = (by) => {
        const all = places();
        if (!all.length) return;
        const now = all.findIndex((place) => place.closest("tr") === row());
        const next = now < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(now + by, 0), all.length - 1);
        all[next].focus();
        all[next].scrollIntoView({ block: "nearest" });
    };
    const select = () => row()?.querySelector("input.action-select")?.click();

    const typing = (element) =>
        element.isContentEditable ||
        element.matches("textarea, select") ||
        (element.matches("input") && !["checkbox", "radio", "button", "submit"].includes(element.type));

    document.addEventListener("keydown", (event) => {
        if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
        if (document.querySelector("dialog[open]") || typing(event.target)) return;
        const arrows = { ArrowDown: 1, ArrowUp: -1 };
        if (event.key in arrows && row()) {
            event.preventDefault();
            move(arrows[event.key]);
            return;
        }
        if (!allowed.checked) return;
        const actions = {
            "/": () => document.querySelector("[data-list-search]")?.focus(),
            "?": help,
            j: () => move(1),
            k: () => move(-1),
            x: select,
        };
        if (!(event.key in actions)) return;
        event.preventDefault();
        actions[event.key]();
    });

    // A menu above a list closes by Esc, and by a click beside it.
    document.addEventListener("keydown", (event) => {
        if (event.key !== "Escape") return;
        const menu = document.activeElement?.closest?.("details.oms-menu[open]");
        if (!menu) return;
        menu.open = false;
        menu.querySelector("summary").focus();
    });
    document.addEventListener("click", (event) => {
        document.querySelectorAll("details.oms-menu[open]").forEach((menu) => {
            if (!menu.contains(event.target)) menu.open = false;
        });
    });
});
