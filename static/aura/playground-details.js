// The column beside the conversation: what one turn was given, the votes, what was said before.

import { listed } from "./playground-voice.js";

const at = (id) => document.getElementById(id);

function remembered(memory) {
  const item = document.createElement("li");
  const meter = Object.assign(document.createElement("meter"), { min: 0, max: 1, value: memory.similarity });
  meter.setAttribute("aria-hidden", "true");
  const figure = document.createElement("span");
  figure.textContent = memory.similarity.toFixed(2);
  const text = document.createElement("p");
  text.textContent = memory.text;
  item.append(figure, meter, text);
  return item;
}

// Shows what a turn was given; `numberOf` knows the turns of this conversation by their ids.
export function select(view, numberOf) {
  const { memories, insights } = view.kept.turn;
  for (const place of document.querySelectorAll(".of-turn")) place.textContent = ` · turn ${view.number}`;
  at("recalled").replaceChildren(...memories.map(remembered));
  at("no-recalled").hidden = memories.length > 0;
  listed(at("used"), insights.map(({ turn, text }) => {
    const number = numberOf(turn);
    return `“${text}” (${number ? `from turn ${number}` : "from an earlier conversation"})`;
  }));
  at("no-used").hidden = insights.length > 0;
  for (const button of document.querySelectorAll(".turn .show")) {
    button.setAttribute("aria-pressed", String(view.node.contains(button)));
  }
}

export function pairSaid({ one, two, for_one: forOne, for_two: forTwo, neither }) {
  return `${one} ${forOne} · ${two} ${forTwo} · neither ${neither}`;
}

export function tallied(pairs) {
  listed(at("tally"), pairs.map(pairSaid));
  at("no-tally").hidden = pairs.length > 0;
}

export function fold(isOpen) {
  at("aside").hidden = !isOpen;
  at("fold").setAttribute("aria-expanded", String(isOpen));
}

// Lists the earlier conversations anew, the one that goes on first. Where somebody has the focus
// among them, once it leaves.
export async function listEarlier(conversation) {
  const list = at("earlier");
  const answer = await fetch(`${list.dataset.source}?conversation=${conversation}`).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("ul");
  if (!list.contains(document.activeElement)) return list.replaceChildren(...fresh.children);
  list.addEventListener("focusout", () => setTimeout(() => listEarlier(conversation)), { once: true });
}
