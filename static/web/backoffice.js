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

// unfold heads the column of an inline's buttons by an empty heading, which screen readers stumble over.
document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("thead th").forEach((heading) => {
        if (heading.textContent.trim() || heading.querySelector("input")) return;
        const cell = document.createElement("td");
        cell.className = heading.className;
        heading.replaceWith(cell);
    });
});

// The regions in which unfold lets wide tables scroll are all called the same; each is named by the heading above it.
window.addEventListener("load", () => {
    document.querySelectorAll(".simplebar-content-wrapper[role=region]").forEach((region, place) => {
        const heading = region.closest("[id$=-group], fieldset, section")?.querySelector("h2, legend");
        region.setAttribute("aria-label", `${heading?.textContent.trim() || "Rows"} (${place + 1})`);
    });
});

// Coming back to the page by the browser's history makes its buttons work again.
window.addEventListener("pageshow", () => {
    document.querySelectorAll("form.oms-once").forEach((form) => {
        delete form.dataset.sent;
        form.querySelectorAll("button").forEach((button) => button.removeAttribute("aria-disabled"));
    });
});
