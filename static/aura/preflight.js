"use strict";

// While a form asks models (data-busy), its page's buttons wait and say so; a check of models
// is shown while it goes on. Without this script the same forms work: the page then comes back
// when it is over.
(() => {
  const EVERY_MS = 500;
  const PATIENCE_MS = 5000;

  const words = (button) => (button.localName === "input" ? "value" : "textContent");

  // Holds every button of the page's forms; returns what lets them go.
  function hold(form, button) {
    const chosen = button || form.querySelector("[type=submit]");
    const said = chosen[words(chosen)];
    const held = [...document.querySelectorAll("form[data-busy] [type=submit]")];
    chosen[words(chosen)] = chosen.dataset.busy || form.dataset.busy;
    held.forEach((each) => { each.disabled = true; });
    return () => {
      held.forEach((each) => { each.disabled = false; });
      chosen[words(chosen)] = said;
    };
  }

  // A form that is sent as it is. Held in a moment: what is disabled is not sent.
  function send(event) {
    if (event.defaultPrevented || !("busy" in event.target.dataset)) return;
    setTimeout(() => {
      const release = hold(event.target, event.submitter);
      // The page may come back from the browser's memory as it was left.
      addEventListener("pageshow", release, { once: true });
    });
  }
  document.addEventListener("submit", send);

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

  async function run(form, button) {
    const body = new FormData(checking);
    const release = hold(form, button);
    isRunning = true;
    panel.setAttribute("aria-busy", "true");
    findings.textContent = "Asking …";
    setTimeout(watch, EVERY_MS);
    try {
      const answer = await fetch(checking.action, { method: "POST", body });
      if (!answer.ok) throw new Error(`Aura answered ${answer.status}.`);
      const now = await progress();
      show(now.html);
      panel.dataset.passed = now.has_passed ? "yes" : "no";
    } finally {
      isRunning = false;
      panel.removeAttribute("aria-busy");
      release();
    }
  }

  async function check(event) {
    event.preventDefault();
    if (isRunning) return;
    try {
      await run(checking, event.submitter);
      findings.focus();
    } catch {
      checking.submit();
    }
  }

  async function activate(event) {
    const isForced = event.submitter && event.submitter.name === "force";
    if (isForced) return;
    if (panel.dataset.passed === "yes") {
      activating.dataset.busy = "Activating…"; // nobody is asked again
      return;
    }
    event.preventDefault();
    if (isRunning) return;
    try {
      await run(activating, event.submitter);
    } catch {
      activating.submit();
      return;
    }
    if (panel.dataset.passed === "yes") activating.requestSubmit();
    else findings.focus();
  }

  checking.addEventListener("submit", check);
  if (activating && "gated" in activating.dataset) activating.addEventListener("submit", activate);
})();
