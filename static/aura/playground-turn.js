// A turn on the page: its sides, and what L2 made of it.

import { Voice, listed, part } from "./playground-voice.js";

const REACTIONS = {
  late: "Skipped: nothing came within its 500 ms.",
  failed: "It did not answer.",
  none: "The reply was complete before it.",
};
const NOTHING = "Nothing came of it.";
const STOPPED = "Stopped before its first word.";
const WAITS = "L2 thinks it over once the reply is there.";
const THINKS = "L2 is thinking it over…";

// One side of a turn: L1's and L3's voices.
class Side {
  constructor(view, name, isKept) {
    this.name = name;
    this.isKept = isKept;
    const titled = (word) => (name ? `${name} ${word}` : word[0].toUpperCase() + word.slice(1));
    this.instinct = new Voice(view.pane("instinct"), `${titled("instinct")} · L1`);
    this.reply = new Voice(view.pane("reply"), `${titled("reply")} · L3`);
    this.turn = null;
    this.choice = null; // what the page knows of it; null where something else thinks
    this.isOver = false;
    this.isKnown = false; // whether the choice that the page has is what thinks
  }

  by({ models }) {
    this.isKnown = true;
    this.instinct.by(models.l1);
    this.reply.by(models.l3);
  }

  // The side of a canary that thought it: all layers of a turn are one selection's.
  get canary() {
    return Object.values(this.turn?.layers ?? {}).find(({ canary }) => canary)?.canary;
  }

  get title() {
    return this.name ? `The ${this.name.toLowerCase()} side` : "The reply";
  }

  done(turn) {
    this.turn = turn;
    this.#over();
    if (turn.instinct) this.instinct.say(turn.instinct);
    else this.instinct.excuse(REACTIONS[turn.reaction] ?? "");
    this.reply.say(turn.reply);
    this.instinct.took(turn.layers.l1);
    this.reply.took(turn.layers.l3, this.isKept ? "" : " · not kept");
    listed(this.reply.find(".remarks"), turn.notes);
    this.reply.offerCopy();
  }

  failed(failure) {
    this.#ended(NOTHING);
    this.reply.wrong(`${this.title} failed.`, failure);
    this.reply.offerCopy();
  }

  stopped() {
    this.#ended(STOPPED);
    if (this.reply.hasSpoken) listed(this.reply.find(".remarks"), ["Stopped before its end."]);
    else this.reply.excuse(STOPPED);
    this.reply.offerCopy();
  }

  // It ended before its end: who was asked stands in the headings.
  #ended(excuse) {
    this.#over();
    if (this.choice) {
      this.by(this.choice);
      const { preset, revision, share } = this.choice;
      const side = share ? " · canary" : "";
      this.reply.find(".stamps").textContent = `${preset ?? "No preset"}${side} · revision ${revision}`;
    }
    if (!this.instinct.hasSpoken) this.instinct.excuse(excuse);
  }

  #over() {
    this.isOver = true;
    this.instinct.settle();
    this.reply.settle();
  }

  // What served it, as a vote says it.
  served() {
    const { preset, revision, layers } = this.turn;
    const models = Object.entries(layers).map(([layer, { model }]) => [layer, model]);
    return { preset, revision, models: Object.fromEntries(models) };
  }
}

export class TurnView {
  // `picks` are the slugs of the presets that think it, "" for what is live.
  constructor(message, number, picks) {
    this.node = part("turn-part");
    this.number = number;
    this.message = message;
    this.picks = picks;
    this.comparison = uuid();
    this.find(".number").textContent = `Turn ${number}`;
    this.find(".message").textContent = message;
    this.node.classList.toggle("two", picks.length > 1);
    const names = picks.length > 1 ? ["Left", "Right"] : [""];
    this.sides = names.map((name, i) => new Side(this, name, i === 0));
    this.reflection = new Voice(this.pane("reflection"), "Reflection · L2");
    this.reflection.excuse(WAITS);
    this.isThoughtOver = false;
    this.node.setAttribute("aria-busy", "true");
  }

  find(selector) {
    return this.node.querySelector(selector);
  }

  pane(name) {
    return this.find(`.pane.${name}`);
  }

  // The side that is kept.
  get kept() {
    return this.sides[0];
  }

  onShow(act) {
    this.find(".show").addEventListener("click", act);
  }

  onRetry(act) {
    this.find(".retry").addEventListener("click", act);
  }

  onVote(act) {
    for (const button of this.node.querySelectorAll(".vote button")) {
      button.addEventListener("click", () => act(button.value));
    }
  }

  voted(choice, sentence) {
    for (const button of this.node.querySelectorAll(".vote button")) {
      if (choice) button.setAttribute("aria-pressed", String(button.value === choice));
    }
    this.find(".voted").textContent = sentence;
  }

  // What the page has of a turn, or gets of one whose stream it lost.
  filled(turn) {
    this.kept.done(turn);
    this.reflects(turn.reflection);
  }

  isNumber(number) {
    this.number = number;
    this.find(".number").textContent = `Turn ${number}`;
    const { memories, insights } = this.kept.turn;
    const button = this.find(".show");
    button.textContent = `${counted(memories, "memory", "memories")}, ${counted(insights, "insight", "insights")}`;
    button.hidden = false;
  }

  isNotKept() {
    this.find(".number").textContent = "Not kept";
  }

  // All has been said; where two can be compared, that is offered.
  rests() {
    this.node.removeAttribute("aria-busy");
    const mute = this.sides.filter(({ turn }) => !turn).map(({ name }) => name.toLowerCase());
    const isSplit = this.sides.length > 1;
    this.find(".vote").hidden = !isSplit || mute.length > 0;
    this.find(".no-vote").hidden = !isSplit || !mute.length;
    this.find(".no-vote").textContent = mute.length > 1
      ? "There is nothing to compare: neither side gave its whole reply."
      : `There is nothing to compare: the ${mute[0]} side did not give its whole reply.`;
  }

  thinks() {
    if (this.kept.isKnown) this.reflection.by(this.kept.choice.models.l2);
    this.reflection.excuse(THINKS);
  }

  // Takes what L2 made of it; null where it makes nothing.
  reflects(reflection) {
    const { state } = reflection ?? { state: "none" };
    this.isThoughtOver = state !== "waiting" && state !== "running";
    if (this.isThoughtOver) this.reflection.settle();
    if (state === "done") this.#reflected(reflection);
    else if (state === "failed") this.reflection.excuse(`Set aside: ${reflection.reason}`);
    else if (state === "none") this.reflection.excuse("There is nothing to think over.");
    else this.reflection.excuse(THINKS);
  }

  giveUp() {
    this.isThoughtOver = true;
    this.reflection.settle();
    this.reflection.excuse("Not there yet. Reload the page to see it; does the worker of background tasks run?");
  }

  #reflected({ asked, missed, remember, advice, layer }) {
    this.reflection.excuse("");
    listed(this.reflection.find(".made"), [
      asked && `Asked: ${asked}`,
      missed && `Missed: ${missed}`,
      ...remember.map((text) => `To remember: ${text}`),
      advice && `Advice: ${advice}`,
    ].filter(Boolean));
    if (layer.model) this.reflection.took({ ...layer, canary: this.kept.canary });
  }
}

function counted(list, one, many) {
  return `${list.length} ${list.length === 1 ? one : many}`;
}

// Away from localhost and https a page has no crypto.randomUUID.
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
