"use strict";

// Keeps the page of a canary live: asks for it anew while it is seen, and replaces the parts
// that change, so that what one types stays. Without this script the page is as it was opened.
(() => {
  const EVERY_MS = 5000;
  const PATIENCE_MS = 5000;

  const lost = document.getElementById("canary-lost");
  let timer = 0;

  function say(text) {
    if (lost.textContent !== text) lost.textContent = text;
    lost.hidden = !text;
  }

  async function refresh() {
    const answer = await fetch(location.href, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (answer.redirected) throw new Error("Sign in again to see how it goes.");
    if (!answer.ok) throw new Error(`Aura answered ${answer.status}.`);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const old of document.querySelectorAll("[data-canary]")) {
      const fresh = page.getElementById(old.id);
      // It is over, or another one runs: the buttons are of one that does not.
      if (!fresh || fresh.dataset.canary !== old.dataset.canary) return location.reload();
      if (!old.isEqualNode(fresh)) old.replaceWith(fresh);
    }
  }

  async function tick() {
    clearTimeout(timer);
    if (document.hidden) return;
    try {
      await refresh();
      say("");
    } catch (error) {
      const isSilent = error instanceof TypeError || error.name === "TimeoutError";
      say(`${isSilent ? "Aura does not answer." : error.message} Trying again.`);
    }
    clearTimeout(timer);
    timer = setTimeout(tick, EVERY_MS);
  }

  if (!lost) return;
  document.addEventListener("visibilitychange", tick);
  timer = setTimeout(tick, EVERY_MS);
})();
