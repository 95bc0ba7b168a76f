"use strict";

// Forms about stock: names are found while they are typed, lines are added as they are filled, Enter leads on.
// Without this script every form works as well: names are typed whole, and a button adds lines.
(() => {
    const form = document.querySelector("form[data-find-at]");
    if (!form) return;

    const lists = new Map();

    function listFor(input) {
        const what = input.dataset.find;
        if (!lists.has(what)) {
            const list = document.createElement("datalist");
            list.id = `found-${what}`;
            form.append(list);
            lists.set(what, list);
        }
        input.setAttribute("list", lists.get(what).id);
        return lists.get(what);
    }

    let waiting = 0;
    let newest = 0;

    async function find(input) {
        const list = listFor(input);
        const number = ++newest;
        const asked = new URLSearchParams({ what: input.dataset.find, q: input.value.trim() });
        try {
            const response = await fetch(`${form.dataset.findAt}?${asked}`, { headers: { Accept: "application/json" } });
            if (!response.ok || number !== newest) return;
            const { found } = await response.json();
            list.replaceChildren(...found.map(({ code, name }) => Object.assign(document.createElement("option"), { value: code, label: name ? `${code} · ${name}` : code })));
            const exact = found.find(({ code }) => code.toUpperCase() === input.value.trim().toUpperCase());
            const told = input.parentElement.querySelector(".inv-name");
            if (told) told.textContent = exact ? exact.name : "";
        } catch {
            // The name can be typed without help.
        }
    }

    form.addEventListener("input", (event) => {
        const input = event.target;
        const told = input.dataset.find && input.parentElement.querySelector(".inv-name");
        if (told) told.textContent = ""; // it was the name of what stood here before
        if (input.dataset.find && input.value.trim()) {
            clearTimeout(waiting);
            waiting = setTimeout(find, 150, input);
        }
        const row = input.closest("[data-rows] tbody tr");
        if (row && !row.nextElementSibling && input.value) addRow(row);
    });

    function addRow(last) {
        const total = form.querySelector("#id_form-TOTAL_FORMS");
        const most = form.querySelector("#id_form-MAX_NUM_FORMS");
        const number = Number(total.value);
        if (number >= Number(most.value)) return;
        const row = last.cloneNode(true);
        row.querySelectorAll(".oms-error").forEach((fault) => fault.remove());
        row.querySelectorAll(".inv-name").forEach((told) => { told.textContent = ""; });
        row.querySelectorAll("input").forEach((input) => {
            input.value = "";
            input.removeAttribute("value");
            input.removeAttribute("aria-invalid");
            input.removeAttribute("aria-describedby");
            input.name = input.name.replace(/-\d+-/, `-${number}-`);
            input.id = `id_${input.name}`;
            input.setAttribute("aria-label", input.getAttribute("aria-label").replace(/\d+$/, String(number + 1)));
        });
        last.after(row);
        total.value = String(number + 1);
    }

    // Enter: to the next field of a table; a scanner ends each code with it.
    form.addEventListener("keydown", (event) => {
        if (event.key !== "Enter") return;
        if (event.ctrlKey || event.metaKey) {
            event.preventDefault();
            form.requestSubmit();
        } else if (event.target.matches("[data-jump]")) {
            event.preventDefault();
            jump(event.target);
        } else if (event.target.matches("table input")) {
            event.preventDefault();
            const fields = [...event.target.closest("table").querySelectorAll("input")];
            const next = fields[fields.indexOf(event.target) + 1] ?? form.querySelector("button[type=submit]");
            next.focus();
            if (next.select) next.select();
        }
    });

    function jump(box) {
        const code = box.value.trim().toUpperCase();
        if (!code) return;
        const found = [...form.querySelectorAll("[data-codes]")].find((input) => input.dataset.codes.split("\n").includes(code));
        form.querySelector("[data-jump-told]").textContent = found ? "" : `${box.value.trim()} is not on this page.`;
        if (!found) return box.select();
        box.value = "";
        found.focus();
        found.select();
    }

    const faults = form.querySelector(".inv-faults");
    if (faults) faults.focus();
    else form.querySelector("[data-jump], .inv-fields input:not([type=hidden]), .inv-fields select")?.focus();

    // What was typed and not saved is not left behind by mistake.
    let changed = Boolean(faults);
    form.addEventListener("input", (event) => { if (!event.target.matches("[data-jump]")) changed = true; });
    form.addEventListener("submit", () => { changed = false; });
    window.addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
})();
