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
  // The button that only checks; the form that goes through the check. Where what a form has in
  // it is asked (data-ask), the panel is in that form.
  const checking = document.getElementById("preflight-form");
  const gated = document.querySelector("form[data-gated]") || panel.closest("form");
  const isEdit = "ask" in panel.dataset;
  let isRunning = false;
  let isLetThrough = false;

  // What comes is a piece of a page that the server made, in which every text is escaped.
  function show(html) {
    const fresh = new DOMParser().parseFromString(html, "text/html").body;
    findings.replaceChildren(...fresh.childNodes);
  }

  // Once it is known that it cannot be served as it is, the button asks again instead.
  function offer(hasFailed) {
    for (const each of gated ? gated.querySelectorAll("[data-if-failed]") : []) each.hidden = !hasFailed;
    for (const each of gated ? gated.querySelectorAll("[data-unless-failed]") : []) each.hidden = hasFailed;
  }

  async function progress() {
    const sent = isEdit ? { method: "POST", body: new FormData(gated) } : {};
    const patience = AbortSignal.timeout(PATIENCE_MS);
    const answer = await fetch(panel.dataset.progress, { ...sent, signal: patience });
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
    const body = new FormData(isEdit ? gated : checking);
    const release = hold(form, button);
    isRunning = true;
    panel.hidden = false;
    panel.setAttribute("aria-busy", "true");
    findings.textContent = "Asking …";
    setTimeout(watch, EVERY_MS);
    try {
      const url = isEdit ? panel.dataset.ask : checking.action;
      const answer = await fetch(url, { method: "POST", body });
      if (!answer.ok) throw new Error(`Aura answered ${answer.status}.`);
      const now = await progress();
      show(now.html);
      panel.dataset.passed = now.has_passed ? "yes" : "no";
      offer(!now.has_passed);
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

  // By a button of its own, or by a box that is ticked.
  function isForced(button) {
    return (button && button.name === "force") || gated.querySelector("[name=force]:checked");
  }

  async function hasNothingToAsk() {
    isRunning = true;
    try {
      return isEdit && (await progress()).has_passed;
    } finally {
      isRunning = false;
    }
  }

  async function goThrough(event) {
    const button = event.submitter;
    if (isLetThrough || isForced(button)) return;
    if (panel.dataset.passed === "yes") {
      gated.dataset.busy = panel.dataset.through; // nobody is asked again
      return;
    }
    event.preventDefault();
    if (isRunning) return;
    try {
      if (await hasNothingToAsk()) panel.dataset.passed = "yes";
      else await run(gated, button);
    } catch {
      isLetThrough = true; // the server asks by itself
    }
    if (isLetThrough || panel.dataset.passed === "yes") gated.requestSubmit(button);
    else findings.focus();
  }

  if (checking) checking.addEventListener("submit", check);
  if (gated) {
    gated.dataset.busy = gated.dataset.busy || panel.dataset.busy;
    gated.addEventListener("submit", goThrough);
  }
})();
