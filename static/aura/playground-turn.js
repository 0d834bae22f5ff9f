// A turn on the page: what each layer said and what it took. Everything that people and models
// said goes in as text.

const REACTIONS = {
  late: "Skipped: nothing came within its 500 ms.",
  failed: "It did not answer.",
  none: "The reply was complete before it.",
};
const WAITS = "L2 thinks it over once the reply is there.";
const THINKS = "L2 is thinking it over…";

function part(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}

export function listed(list, texts) {
  list.replaceChildren(...texts.map((text) => {
    const item = document.createElement("li");
    item.textContent = text;
    return item;
  }));
}

// An id of a model may wrap after / and -.
function breakable(id) {
  return id.split(/(?<=[/-])/).flatMap((piece) => [piece, document.createElement("wbr")]);
}

function duration(ms) {
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function usd(cost) {
  const digits = { maximumFractionDigits: 10 };
  return `$${Number(cost.toPrecision(2)).toLocaleString("en", digits)}`;
}

function said(stamp) {
  const { input_tokens: sent, output_tokens: got, first_chunk_ms: first } = stamp;
  return [
    stamp.preset ?? "No preset",
    `revision ${stamp.revision}`,
    stamp.fallback && `a fallback answers (${stamp.fallback})`,
    first !== null ? `first token ${duration(first)}` : `in ${duration(stamp.duration_ms)}`,
    sent !== null && `${sent} tokens in${got !== null ? `, ${got} out` : ""}`,
    stamp.cost_usd !== null ? usd(stamp.cost_usd) : "cost not known",
  ].filter(Boolean).join(" · ");
}

// What one model says in a turn.
class Voice {
  constructor(pane, title) {
    this.node = part("voice-part");
    this.words = this.find(".text").appendChild(document.createTextNode(""));
    this.find(".title").textContent = title;
    pane.append(this.node);
  }

  find(selector) {
    return this.node.querySelector(selector);
  }

  by(model) {
    if (model) this.find(".model").replaceChildren(...breakable(model));
  }

  say(text) {
    if (this.words.data !== text) this.words.data = text;
  }

  add(text) {
    this.words.appendData(text);
  }

  // Says in place of words why there are none.
  excuse(text) {
    this.node.classList.add("silent");
    this.say(text);
  }

  took(stamp) {
    if (!stamp) return;
    this.by(stamp.model);
    this.find(".stamps").textContent = said(stamp);
  }

  wrong(failure) {
    this.find(".wrong").hidden = false;
    this.find(".reason").textContent = failure.message;
    const link = this.find(".wrong a");
    link.hidden = !failure.link;
    if (failure.link) Object.assign(link, { textContent: failure.link.text, href: failure.link.url });
  }

  offerCopy() {
    const button = this.find(".copy-text");
    button.hidden = !navigator.clipboard || !this.words.data;
    button.onclick = async () => {
      await navigator.clipboard.writeText(this.words.data);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1600);
    };
  }
}

// One side of a turn: L1's and L3's voices.
class Side {
  constructor(view, name) {
    this.name = name;
    const titled = (word) => (name ? `${name} ${word}` : word[0].toUpperCase() + word.slice(1));
    this.instinct = new Voice(view.pane("instinct"), `${titled("instinct")} · L1`);
    this.reply = new Voice(view.pane("reply"), `${titled("reply")} · L3`);
    this.turn = null;
    this.isOver = false;
    this.isKnown = false; // whether the choice that the page has is what thinks
  }

  by({ models }) {
    this.isKnown = true;
    this.instinct.by(models.l1);
    this.reply.by(models.l3);
  }

  done(turn) {
    this.turn = turn;
    this.isOver = true;
    if (turn.instinct) this.instinct.say(turn.instinct);
    else this.instinct.excuse(REACTIONS[turn.reaction] ?? "");
    this.reply.say(turn.reply);
    this.instinct.took(turn.layers.l1);
    this.reply.took(turn.layers.l3);
    listed(this.reply.find(".remarks"), turn.notes);
    this.reply.offerCopy();
  }

  failed(failure) {
    this.isOver = true;
    this.reply.wrong(failure);
    this.reply.offerCopy();
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
    this.sides = (picks.length > 1 ? ["Left", "Right"] : [""]).map((name) => new Side(this, name));
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
    this.find(".vote").hidden = this.sides.length < 2 || !this.sides.every(({ turn }) => turn);
  }

  thinks() {
    if (this.kept.isKnown) this.reflection.by(this.kept.choice.models.l2);
    this.reflection.excuse(THINKS);
  }

  // Takes what L2 made of it; null where it makes nothing.
  reflects(reflection) {
    const { state } = reflection ?? { state: "none" };
    this.isThoughtOver = state !== "waiting" && state !== "running";
    if (state === "done") this.#reflected(reflection);
    else if (state === "failed") this.reflection.excuse(`Set aside: ${reflection.reason}`);
    else if (state === "none") this.reflection.excuse("There is nothing to think over.");
    else this.reflection.excuse(THINKS);
  }

  giveUp() {
    this.isThoughtOver = true;
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
    if (layer.model) this.reflection.took(layer);
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
