"use strict";

// Shows a rehearsal while it runs: asks for what is new every second, puts exchanges that are
// over below those that stand there, and touches nothing that somebody may be reading.
(() => {
  const EVERY_MS = 1000;
  const PATIENCE_MS = 5000;

  const root = document.getElementById("rehearsal");
  if (!root) return;
  const pairs = document.getElementById("rehearsal-pairs");
  const lost = document.getElementById("rehearsal-lost");

  const head = () => document.getElementById("rehearsal-head");
  const isRunning = () => head().dataset.running === "yes";

  // What comes is a piece of a page that the server made, in which every text is escaped.
  async function fetched() {
    const address = `${root.dataset.progress}?seen=${pairs.children.length}`;
    const answer = await fetch(address, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (answer.redirected) throw new Error("Sign in again to see how far it is.");
    if (!answer.ok) throw new Error(`Aura answered ${answer.status}.`);
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  }

  function show(page) {
    const old = head();
    const fresh = page.getElementById("rehearsal-head");
    const stop = old.querySelector(".aura-stop");
    // The button stays: its token is the page's, and it may have the focus.
    if (stop && fresh.querySelector(".aura-stop")) fresh.querySelector(".aura-stop").replaceWith(stop);
    const hadFocus = stop && stop.contains(document.activeElement);
    old.replaceWith(fresh);
    if (hadFocus) stop.querySelector("input[type=submit]").focus();
    pairs.append(...page.getElementById("rehearsal-pairs").children);
  }

  async function look() {
    if (!document.hidden) {
      try {
        show(await fetched());
        lost.hidden = true;
        if (!isRunning()) return;
      } catch (error) {
        lost.textContent = `Not up to date. ${error.message}`;
        lost.hidden = false;
      }
    }
    setTimeout(look, EVERY_MS);
  }

  if (isRunning()) setTimeout(look, EVERY_MS);
})();
