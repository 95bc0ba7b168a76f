"use strict";

// The answer appears beside the form; of several questions, that to the newest. Without this file the buttons open it
// in a tab of its own.
document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-try]");
    if (!button) return;
    event.preventDefault();
    const place = button.closest(".rt-panel").querySelector("[data-tried]");
    const data = new FormData(button.form);
    data.set("do", button.value);
    const number = String(Number(place.dataset.asked ?? 0) + 1);
    place.dataset.asked = number;
    place.textContent = "Working it out …";
    try {
        const response = await fetch(button.formAction, { method: "POST", body: data, headers: { "X-Part": "yes" } });
        if (!response.ok) throw new Error(response.statusText);
        const part = new DOMParser().parseFromString(await response.text(), "text/html").querySelector(".rt-answer");
        if (place.dataset.asked !== number) return;
        place.replaceChildren(document.adoptNode(part));
    } catch {
        if (place.dataset.asked !== number) return;
        place.textContent = "The server did not answer as it should. What you have entered is still here: try again.";
    }
});
