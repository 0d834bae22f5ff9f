"use strict";

// Shows a check of models while it goes on. Without this script the same two forms work: the
// page then comes back when the check is over.
(() => {
  const EVERY_MS = 500;
  const PATIENCE_MS = 5000;

  const panel = document.getElementById("preflight");
  if (!panel) return;
  const findings = document.getElementById("preflight-findings");
  const checking = document.getElementById("preflight-form");
  const activating = document.getElementById("activation-form");
  let isRunning = false;

  // What comes is a piece of a page that the server made, in which every text is escaped.
  function show(html) {
    const fresh = new DOMParser().parseFromString(html, "text/html").body;
    findings.replaceChildren(...fresh.childNodes);
  }

  async function progress() {
    const answer = await fetch(panel.dataset.progress, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!answer.ok || answer.redirected) throw new Error(`Aura answered ${answer.status}.`);
    return answer.json();
  }

  async function watch() {
    if (!isRunning) return;
    try {
      const now = await progress();
      // One that is over is the check before this one, or this one, which is shown in a moment.
      if (isRunning && !now.is_over) show(now.html);
    } catch {
      // The next look may see it; the end of the check is told anyway.
    }
    setTimeout(watch, EVERY_MS);
  }

  async function run() {
    isRunning = true;
    panel.setAttribute("aria-busy", "true");
    findings.textContent = "Asking …";
    setTimeout(watch, EVERY_MS);
    try {
      const answer = await fetch(checking.action, { method: "POST", body: new FormData(checking) });
      if (!answer.ok) throw new Error(`Aura answered ${answer.status}.`);
      const now = await progress();
      show(now.html);
      panel.dataset.passed = now.has_passed ? "yes" : "no";
    } finally {
      isRunning = false;
      panel.removeAttribute("aria-busy");
    }
  }

  async function check(event) {
    event.preventDefault();
    if (isRunning) return;
    try {
      await run();
      findings.focus();
    } catch {
      checking.submit();
    }
  }

  async function activate(event) {
    const isForced = event.submitter && event.submitter.name === "force";
    if (isForced || panel.dataset.passed === "yes") return;
    event.preventDefault();
    if (isRunning) return;
    try {
      await run();
    } catch {
      activating.submit();
      return;
    }
    if (panel.dataset.passed === "yes") activating.submit();
    else findings.focus();
  }

  checking.addEventListener("submit", check);
  if (activating && "gated" in activating.dataset) activating.addEventListener("submit", activate);
})();
