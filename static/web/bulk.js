"use strict";

// Tells how far a bulk job is, and shows its page anew once it has ended.
document.addEventListener("DOMContentLoaded", () => {
    const watched = document.querySelector("[data-bulk-progress]");
    if (!watched) return;
    const bar = watched.querySelector("progress");
    const words = watched.querySelector("[data-words]");
    const number = new Intl.NumberFormat("en-GB");
    let wait = 500;
    const look = async () => {
        try {
            const answer = await fetch(watched.dataset.bulkProgress, { headers: { Accept: "application/json" } });
            if (answer.ok && !answer.redirected) {
                const told = await answer.json();
                if (told.ended) {
                    window.location.reload();
                    return;
                }
                bar.value = told.done;
                words.textContent = `${number.format(told.done)} of ${number.format(told.total)} seen to`;
            }
        } catch {
            // The network is away for a moment: the next look tells.
        }
        wait = Math.min(wait * 1.3, 4000);
        window.setTimeout(look, wait);
    };
    window.setTimeout(look, wait);
});
