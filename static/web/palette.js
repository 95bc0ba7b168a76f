"use strict";

// The command palette (Ctrl+K): finds by exact number and by name. The choice moves with the arrows while the
// keyboard stays in the field, as screen readers expect of a combobox.
document.addEventListener("DOMContentLoaded", () => {
    const palette = document.getElementById("oms-palette");
    if (!palette) return;
    const field = palette.querySelector("input");
    const list = document.getElementById("command-results-list");
    const note = palette.querySelector("[data-note]");
    let chosen = -1;
    let shownFor = null; // the term whose results are shown
    let asked = null; // the request under way
    let timer = 0;
    let openWhenFound = false;

    const options = () => [...list.querySelectorAll("[role=option]")];

    const choose = (index) => {
        const all = options();
        chosen = all.length ? (index + all.length) % all.length : -1;
        all.forEach((option, place) => option.setAttribute("aria-selected", String(place === chosen)));
        if (chosen < 0) {
            field.removeAttribute("aria-activedescendant");
            return;
        }
        field.setAttribute("aria-activedescendant", all[chosen].id);
        all[chosen].scrollIntoView({ block: "nearest" });
    };

    const option = (found, place) => {
        const row = document.createElement("div");
        row.id = `oms-found-${place}`;
        row.className = "oms-palette-option";
        row.setAttribute("role", "option");
        row.setAttribute("aria-selected", "false");
        row.dataset.link = found.link;
        const icon = document.createElement("span");
        icon.className = "material-symbols-outlined";
        icon.setAttribute("aria-hidden", "true");
        icon.textContent = found.icon;
        const title = document.createElement("strong");
        title.textContent = found.title;
        const description = document.createElement("span");
        description.className = "oms-palette-what";
        description.textContent = found.description;
        row.append(icon, title, " ", description);
        return row;
    };

    const show = (results, term) => {
        list.replaceChildren(...results.map(option));
        field.setAttribute("aria-expanded", String(results.length > 0));
        shownFor = term;
        choose(results.length ? 0 : -1);
        if (results.length) note.textContent = `${results.length} found. Arrows choose, Enter opens.`;
        else note.textContent = "Nothing is called that. Numbers, SKUs and addresses have to match as a whole.";
        if (openWhenFound && term === field.value.trim()) open();
    };

    const find = async () => {
        const term = field.value.trim();
        asked?.abort();
        asked = new AbortController();
        try {
            const address = `${palette.dataset.search}?palette=1&s=${encodeURIComponent(term)}`;
            const answer = await fetch(address, { signal: asked.signal, headers: { Accept: "application/json" } });
            if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
            show((await answer.json()).found, term);
        } catch (fault) {
            if (fault.name === "AbortError") return;
            list.replaceChildren();
            shownFor = null;
            choose(-1);
            note.textContent = "The search does not answer. Try again in a moment.";
        }
    };

    const open = (apart = false) => {
        const link = options()[chosen]?.dataset.link;
        openWhenFound = false;
        if (!link) return;
        if (apart) window.open(link, "_blank", "noopener");
        else window.location = link;
    };

    const begin = () => {
        if (palette.open) return;
        document.querySelectorAll("dialog[open]").forEach((dialog) => dialog.close());
        field.value = "";
        shownFor = null;
        list.replaceChildren();
        note.textContent = "";
        palette.showModal();
        field.focus();
        find();
    };

    document.addEventListener(
        "keydown",
        (event) => {
            if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
                event.preventDefault();
                event.stopPropagation();
                begin();
            }
        },
        true,
    );
    document.querySelectorAll("[data-open-palette]").forEach((button) => button.addEventListener("click", begin));
    field.addEventListener("input", () => {
        window.clearTimeout(timer);
        asked?.abort(); // what it would find is for words that are no longer there
        openWhenFound = false;
        timer = window.setTimeout(find, 120);
    });
    field.addEventListener("keydown", (event) => {
        if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            event.preventDefault();
            choose(chosen + (event.key === "ArrowDown" ? 1 : -1));
        } else if (event.key === "Enter") {
            event.preventDefault();
            if (shownFor === field.value.trim()) open(event.ctrlKey || event.metaKey);
            else openWhenFound = true; // what is typed is still being looked up
        }
    });
    list.addEventListener("click", (event) => {
        const row = event.target.closest("[role=option]");
        if (!row) return;
        choose(options().indexOf(row));
        open(event.ctrlKey || event.metaKey);
    });
});
