"use strict";

// Keeps the status page live: asks for the part that changes every 2 s while the page is
// seen, and touches only what differs, so that focus and open details stay.
(() => {
  const EVERY_MS = 2000;
  const PATIENCE_MS = 5000;
  const MARK_MS = 1600;

  const source = document.querySelector("main").dataset.source;
  const lost = document.getElementById("lost");
  let heardAt = new Date();
  let timer = 0;

  function mark(element) {
    element.dataset.changed = "";
    setTimeout(() => delete element.dataset.changed, MARK_MS);
  }

  function matchAttributes(old, fresh) {
    for (const { name } of [...old.attributes]) {
      const kept = name === "open" || name === "data-changed";
      if (!kept && !fresh.hasAttribute(name)) old.removeAttribute(name);
    }
    for (const { name, value } of fresh.attributes) {
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
  }

  function matchChildren(old, fresh) {
    const before = [...old.childNodes];
    const after = [...fresh.childNodes];
    after.forEach((node, i) => (before[i] ? match(before[i], node) : old.append(node)));
    before.slice(after.length).forEach((node) => node.remove());
  }

  function match(old, fresh) {
    if (old.nodeName !== fresh.nodeName) return old.replaceWith(fresh);
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.data !== fresh.data) old.data = fresh.data;
      return;
    }
    // A part that says it is the same belongs to a script of its own.
    if (old.dataset.same && old.dataset.same === fresh.dataset.same) return;
    const isNews = "value" in old.dataset && old.textContent !== fresh.textContent;
    matchAttributes(old, fresh);
    matchChildren(old, fresh);
    if (isNews) mark(old);
  }

  async function refresh() {
    const answer = await fetch(source, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (answer.redirected) throw new Error("Sign in again to see what serves.");
    if (!answer.ok) throw new Error(`Aura answered ${answer.status}.`);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("live");
    if (!fresh) throw new Error("Aura did not answer as expected.");
    match(document.getElementById("live"), fresh);
    document.title = fresh.dataset.title;
  }

  function say(text) {
    if (lost.textContent !== text) lost.textContent = text;
    lost.hidden = !text;
  }

  async function tick() {
    clearTimeout(timer);
    if (document.hidden) return;
    try {
      await refresh();
      heardAt = new Date();
      say("");
    } catch (error) {
      const reason = error instanceof TypeError || error.name === "TimeoutError"
        ? "Aura does not answer." : error.message;
      say(`${reason} What you see is from ${heardAt.toISOString().slice(11, 19)} UTC; trying again.`);
    }
    clearTimeout(timer);
    timer = setTimeout(tick, EVERY_MS);
  }

  async function copy(button) {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent);
    button.dataset.copied = "";
    setTimeout(() => delete button.dataset.copied, MARK_MS);
  }

  document.addEventListener("visibilitychange", tick);
  if (navigator.clipboard) {
    document.documentElement.classList.add("can-copy");
    document.addEventListener("click", (event) => {
      const button = event.target.closest("button.copy");
      if (button) copy(button);
    });
  }
  timer = setTimeout(tick, EVERY_MS);
})();
