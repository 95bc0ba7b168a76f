"use strict";

// A button pressed twice sends its form once. The server would refuse the second anyway; this saves the wait.
document.addEventListener("submit", (event) => {
    if (!event.target.matches("form.oms-once")) return;
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
