"use strict";

// Everything here works without it too, by the buttons that send the form.
document.documentElement.classList.add("pf-script");

// A button of a list sends the form and takes the fields of the page that comes back: no page is loaded, and the
// server alone knows how rows are added, moved and removed.
async function press(form, value) {
    const data = new FormData(form);
    data.set("do", value);
    let fresh = null;
    try {
        const response = await fetch(form.action || window.location.href, { method: "POST", body: data });
        fresh = new DOMParser().parseFromString(await response.text(), "text/html").getElementById(form.id);
    } catch {
        // Said below.
    }
    if (!fresh) {
        window.alert("The server did not answer as it should. What you have entered is still here: try again.");
        return;
    }
    const adopted = document.adoptNode(fresh);
    form.replaceWith(adopted);
    adopted.dataset.changed = "";
    refocus(adopted, value);
}

// The keyboard stays where the hand is: at a new row, at a row that was moved, or beside one that is gone.
function refocus(form, value) {
    const [verb, name, row] = value.split(":");
    const place = Number(row) + { up: -1, down: 1 }[verb];
    const wanted = [`${verb}:${name}:${place}`, `up:${name}:${place}`, `down:${name}:${place}`, `add:${name}:`];
    const found = [
        form.querySelector("[autofocus]"),
        ...wanted.map((each) => form.querySelector(`button[value="${CSS.escape(each)}"]:not(:disabled)`)),
    ].find(Boolean);
    if (found) found.focus();
}

document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-guard]")) return;
    const button = event.submitter;
    if (button && button.formTarget) return; // opens beside it; the form stays as it is
    if (button && button.name === "do" && button.value !== "save") {
        event.preventDefault();
        event.stopImmediatePropagation();
        press(form, button.value);
    } else {
        delete form.dataset.changed;
    }
}, true);

document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-guard]");
    if (!form) return;
    if (event.target.dataset.press) press(form, event.target.dataset.press);
});

// What has been typed and not saved is not lost by a click on a link.
document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-guard]");
    if (form) form.dataset.changed = "";
});
window.addEventListener("beforeunload", (event) => {
    if (document.querySelector("form[data-guard][data-changed]")) event.preventDefault();
});

// The bar of a preview that runs, or of a clone that is made.
function watch(section) {
    const bar = section.querySelector("progress");
    const words = section.querySelector("[data-words]");
    const number = new Intl.NumberFormat("en-GB");
    const look = async () => {
        try {
            const state = await (await fetch(section.dataset.watch)).json();
            if (!state.running) {
                window.location.reload();
                return;
            }
            if (state.words) {
                bar.max = state.of;
                bar.value = state.done;
                words.textContent = state.words;
            } else if (state.to_replay) {
                bar.max = state.to_replay;
                bar.value = state.replayed;
                words.textContent = `${number.format(state.replayed)} of ${number.format(state.to_replay)} decisions`;
            }
        } catch {
            words.textContent = "The server does not answer; trying again";
        }
        setTimeout(look, 700);
    };
    look();
}

document.querySelectorAll("[data-watch]").forEach(watch);
document.querySelectorAll("[data-print]").forEach((button) => button.addEventListener("click", () => window.print()));
