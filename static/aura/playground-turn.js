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

  speaks() {
    this.node.classList.remove("silent");
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
  constructor(turn, name) {
    this.instinct = new Voice(turn.pane("instinct"), name ? `${name} instinct · L1` : "Instinct · L1");
    this.reply = new Voice(turn.pane("reply"), name ? `${name} reply · L3` : "Reply · L3");
    this.turn = null;
    this.isOver = false;
  }

  by(models) {
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
}

export class TurnView {
  // `names` are those of the sides: [""] for one alone.
  constructor(message, number, names) {
    this.node = part("turn-part");
    this.number = number;
    this.message = message;
    this.node.querySelector(".number").textContent = `Turn ${number}`;
    this.node.querySelector(".message").textContent = message;
    this.node.classList.toggle("two", names.length > 1);
    this.sides = names.map((name) => new Side(this, name));
    this.reflection = new Voice(this.pane("reflection"), "Reflection · L2");
    this.reflection.excuse(WAITS);
    this.isThoughtOver = false;
    this.node.setAttribute("aria-busy", "true");
  }

  pane(name) {
    return this.node.querySelector(`.pane.${name}`);
  }

  // The side that is kept.
  get kept() {
    return this.sides[0];
  }

  // What the page has of a turn, or gets of one whose stream it lost.
  filled(turn) {
    this.kept.done(turn);
    this.reflects(turn.reflection);
    this.rests();
  }

  rests() {
    this.node.removeAttribute("aria-busy");
  }

  // Takes what L2 made of it; null where it makes nothing.
  reflects(reflection) {
    const { state } = reflection ?? { state: "none" };
    this.isThoughtOver = state !== "waiting" && state !== "running";
    if (state === "done") this.#reflected(reflection);
    else if (state === "failed") this.reflection.excuse(`Set aside: ${reflection.reason}`);
    else if (state === "none") this.reflection.excuse("This turn is not reflected on.");
    else this.reflection.excuse(THINKS);
  }

  thinks(models) {
    this.reflection.by(models?.l2);
    this.reflection.excuse(THINKS);
  }

  #reflected(reflection) {
    const { asked, missed, remember, advice, layer } = reflection;
    this.reflection.speaks();
    this.reflection.say("");
    listed(this.reflection.find(".made"), [
      asked && `Asked: ${asked}`,
      missed && `Missed: ${missed}`,
      ...remember.map((text) => `To remember: ${text}`),
      advice && `Advice: ${advice}`,
    ].filter(Boolean));
    if (layer.model) this.reflection.took(layer);
  }
}
