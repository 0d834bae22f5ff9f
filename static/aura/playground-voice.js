// What one model says in a turn, and what it took. Everything that people and models said goes
// in as text.

export function part(id) {
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
    stamp.canary === "candidate" && "canary",
    `revision ${stamp.revision}`,
    stamp.fallback && `a fallback answers (${stamp.fallback})`,
    first !== null ? `first token ${duration(first)}` : `in ${duration(stamp.duration_ms)}`,
    sent !== null && `${sent} tokens in${got !== null ? `, ${got} out` : ""}`,
    costs(stamp.cost_usd),
  ].filter(Boolean).join(" · ");
}

function costs(cost) {
  if (cost === null) return "cost not known";
  return cost === 0 ? "no cost per call" : usd(cost);
}

// What one model says in a turn; it waits until all is said, or nothing more will be.
export class Voice {
  constructor(pane, title) {
    this.node = part("voice-part");
    this.words = this.find(".text").appendChild(document.createTextNode(""));
    this.find(".title").textContent = title;
    pane.append(this.node);
  }

  find(selector) {
    return this.node.querySelector(selector);
  }

  settle() {
    this.node.classList.remove("waiting");
  }

  get hasSpoken() {
    return this.words.data !== "" && !this.node.classList.contains("silent");
  }

  by(model) {
    if (model) this.find(".model").replaceChildren(...breakable(model));
  }

  say(text) {
    this.node.classList.remove("silent");
    if (this.words.data !== text) this.words.data = text;
  }

  add(text) {
    this.words.appendData(text);
  }

  // Says in place of words why there are none.
  excuse(text) {
    this.say(text);
    this.node.classList.add("silent");
  }

  took(stamp, more = "") {
    if (!stamp) return;
    this.by(stamp.model);
    this.find(".stamps").textContent = said(stamp) + more;
  }

  wrong(title, failure) {
    this.find(".wrong").hidden = false;
    this.find(".failed").textContent = title;
    this.find(".reason").textContent = failure.message;
    this.find(".mend").textContent = failure.mend;
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
