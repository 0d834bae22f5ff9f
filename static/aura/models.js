"use strict";

// Completes model ids as one types, with price and context beside each, and says beside the
// field what the catalogue says against what is in it. Without this script, or while nothing
// answers, the fields are what they were: text with a plain list of ids.
(() => {
  const WAIT_MS = 150;
  const PATIENCE_MS = 5000;
  const source = document.currentScript.dataset.source;

  function made(name, attributes, ...content) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...content);
    return element;
  }

  class Completion {
    constructor(input) {
      this.input = input;
      this.chosen = -1;
      this.timer = 0;
      this.warnings = null;
      this.asking = new AbortController();
      this.list = made("ul", {
        id: `${input.id}_models`, class: "aura-options", role: "listbox", "aria-label": "Models",
      });
      const place = made("div", { class: "aura-models" });
      input.replaceWith(place);
      place.append(input, this.list);
      input.removeAttribute("list");
      const roles = { role: "combobox", "aria-autocomplete": "list", "aria-controls": this.list.id };
      for (const [key, value] of Object.entries(roles)) input.setAttribute(key, value);
      this.close();
      input.addEventListener("input", () => this.askSoon());
      input.addEventListener("keydown", (event) => this.press(event));
      input.addEventListener("blur", () => this.leave());
      // Kept from taking the focus, which would close the list before the click.
      this.list.addEventListener("mousedown", (event) => event.preventDefault());
    }

    // Of a list of fallbacks only the last id is completed.
    get begun() {
      const { name, value } = this.input;
      return name.endsWith("_fallback") ? value.slice(value.lastIndexOf(",") + 1).trim() : value.trim();
    }

    askSoon() {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.ask(), WAIT_MS);
    }

    async ask() {
      this.asking.abort();
      this.asking = new AbortController();
      const { name, value } = this.input;
      const query = new URLSearchParams({ q: this.begun, field: name, text: value });
      try {
        const signal = AbortSignal.any([this.asking.signal, AbortSignal.timeout(PATIENCE_MS)]);
        const answer = await fetch(`${source}?${query}`, { signal });
        if (!answer.ok || answer.redirected) return this.close();
        const { models, warnings } = await answer.json();
        this.warnings = warnings;
        this.open(models);
        // What is half typed is not listed yet: no word on it while there is more to choose.
        this.warn(this.list.hidden ? warnings : []);
      } catch (error) {
        if (error.name !== "AbortError") this.close();
      }
    }

    open(models) {
      this.close();
      const isChosen = models.length === 1 && models[0].id === this.begun;
      if (!models.length || isChosen || document.activeElement !== this.input) return;
      this.list.append(...models.map((model, i) => this.option(model, i)));
      this.list.hidden = false;
      this.input.setAttribute("aria-expanded", "true");
    }

    leave() {
      this.close();
      if (this.warnings) this.warn(this.warnings);
    }

    option({ id, name, about }, i) {
      const beside = [name, about].filter(Boolean).join(" · ");
      const option = made(
        "li",
        { id: `${this.list.id}_${i}`, role: "option", "aria-selected": "false" },
        made("code", {}, id),
        made("small", {}, beside),
      );
      option.addEventListener("click", () => this.take(id));
      return option;
    }

    take(id) {
      const { value } = this.input;
      const before = value.slice(0, value.lastIndexOf(this.begun)).trimEnd();
      this.input.value = before ? `${before} ${id}` : id;
      this.close();
      this.askSoon();
    }

    press(event) {
      const options = [...this.list.children];
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (this.list.hidden) return void this.ask();
        const step = event.key === "ArrowDown" ? 1 : -1;
        this.choose((this.chosen + step + options.length) % options.length);
      } else if (event.key === "Enter" && this.chosen >= 0) {
        event.preventDefault();
        this.take(options[this.chosen].querySelector("code").textContent);
      } else if (event.key === "Escape" && !this.list.hidden) {
        event.preventDefault();
        this.close();
      }
    }

    choose(i) {
      this.chosen = Math.max(0, i);
      [...this.list.children].forEach((option, n) => {
        option.setAttribute("aria-selected", String(n === this.chosen));
      });
      const option = this.list.children[this.chosen];
      option.scrollIntoView({ block: "nearest" });
      this.input.setAttribute("aria-activedescendant", option.id);
    }

    close() {
      this.chosen = -1;
      this.list.hidden = true;
      this.list.replaceChildren();
      this.input.setAttribute("aria-expanded", "false");
      this.input.removeAttribute("aria-activedescendant");
    }

    warn(sentences) {
      const help = document.querySelector(`#${this.input.id}_helptext > div`);
      if (!help) return;
      help.querySelectorAll(".aura-warning").forEach((old) => old.remove());
      const looks = { class: "aura-warning aura-state aura-attention" };
      help.prepend(...sentences.map((sentence) => made("span", looks, sentence)));
    }
  }

  document.querySelectorAll("input[data-completes]").forEach((input) => new Completion(input));
})();
