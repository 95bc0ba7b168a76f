"use strict";

// A button pressed twice sends its form once. The server would refuse the second anyway; this saves the wait.
document.addEventListener("submit", (event) => {
    if (!event.target.matches("form.oms-once") || event.submitter?.formTarget) return;
    if (event.target.dataset.sent) {
        event.preventDefault();
        return;
    }
    event.target.dataset.sent = "yes";
    event.target.querySelectorAll("button").forEach((button) => button.setAttribute("aria-disabled", "true"));
});

// Coming back to the page by the browser's history makes its buttons work again.
window.addEventListener("pageshow", () => {
    document.querySelectorAll("form.oms-once").forEach((form) => {
        delete form.dataset.sent;
        form.querySelectorAll("button").forEach((button) => button.removeAttribute("aria-disabled"));
    });
});

// Enter in the command search opens the first result when none has been chosen with the arrow keys.
document.addEventListener(
    "keydown",
    (event) => {
        if (event.key !== "Enter" || event.target.id !== "search-input-command") return;
        if (document.querySelector("#command-results-list li.active")) return;
        const first = document.querySelector("#command-results-list a");
        event.preventDefault();
        event.stopPropagation();
        if (first) window.location = first.href;
    },
    true,
);
