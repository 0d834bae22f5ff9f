// The playground: sends messages, shows what comes, keeps votes. What a turn looks like is in
// playground-turn.js, the way to the mind in playground-stream.js.

import { Failure, post, think } from "./playground-stream.js";
import { listed, TurnView } from "./playground-turn.js";

const at = (id) => document.getElementById(id);
const places = document.querySelector("main").dataset;
const data = JSON.parse(at("data").textContent);
const NEAR_END_PX = 160;
const WAITING_MAX = 2; // streams that wait for L2: a browser has six connections to a server
const LOOK_EVERY_MS = 1500;
const KEPT_WITHIN_MS = 4000;
const FOLDED_BELOW = "(max-width: 60rem)";

let offered = data.offered;
let conversation = data.conversation;
let last = 0; // the number of the newest turn that is kept
let running = null; // { view, stops }
const numbers = new Map(); // a turn's id -> its number here
const waiting = []; // what ends a stream that waits for L2, the oldest first
const lost = new Set(); // turns whose reflection no stream tells

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function announce(text) {
  at("announcer").textContent = text;
}

function complain(text) {
  at("complaint").textContent = text;
  at("complaint").hidden = !text;
}

// What can be chosen

function option(value, text) {
  return new Option(text, value);
}

function offer() {
  const named = Object.entries(offered.presets).map(([slug, { preset }]) => [slug, preset]);
  const live = `What is live (${offered.live.preset ?? "no preset"})`;
  for (const select of [at("left"), at("right")]) {
    const chosen = select.value;
    select.replaceChildren(option("", live), ...named.map(([slug, name]) => option(slug, name)));
    if (chosen in offered.presets) select.value = chosen;
  }
  if (!at("right").value) {
    at("right").value = named.find(([, name]) => name !== offered.live.preset)?.[0] ?? "";
  }
}

function choiceOf(slug) {
  return offered.presets[slug] ?? offered.live;
}

async function offerAnew() {
  const answer = await fetch(places.presets).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  offered = await answer.json();
  offer();
}

function split() {
  const isSplit = at("beside").checked;
  at("right-part").hidden = !isSplit;
  at("left-says").textContent = isSplit ? "Left, kept" : "Preset, this turn only";
}

// What is shown

function show(view) {
  at("empty").hidden = true;
  at("turns").hidden = false;
  at("turns").append(view.node);
  view.node.querySelector(".show").addEventListener("click", () => select(view));
  view.node.querySelector(".retry").addEventListener("click", () => say(view.message, view.picks));
  for (const button of view.node.querySelectorAll(".vote button")) {
    button.addEventListener("click", () => vote(view, button));
  }
}

// Follows what is said, unless somebody reads further up.
function following(change) {
  const page = document.documentElement;
  const isAtEnd = page.scrollHeight - scrollY - innerHeight < NEAR_END_PX;
  change();
  if (isAtEnd) scrollTo(0, page.scrollHeight);
}

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

function advised({ turn, text }) {
  const from = numbers.has(turn) ? `from turn ${numbers.get(turn)}` : "from an earlier conversation";
  return `“${text}” (${from})`;
}

function select(view) {
  const { memories, insights } = view.kept.turn;
  for (const place of document.querySelectorAll(".of-turn")) place.textContent = ` · turn ${view.number}`;
  at("recalled").replaceChildren(...memories.map(remembered));
  at("no-recalled").hidden = memories.length > 0;
  listed(at("used"), insights.map(advised));
  at("no-used").hidden = insights.length > 0;
  for (const button of document.querySelectorAll(".turn .show")) {
    button.setAttribute("aria-pressed", String(view.node.contains(button)));
  }
}

function counted(view) {
  const { memories, insights } = view.kept.turn;
  const of = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;
  const button = view.node.querySelector(".show");
  button.textContent = `${of(memories.length, "memory").replace("memorys", "memories")}, ${of(insights.length, "insight")}`;
  button.hidden = false;
  select(view);
}

function enter(id) {
  conversation = id;
  history.replaceState(null, "", `${places.home}?conversation=${id}`);
  at("share").href = `${places.home}conversations/${id}.md`;
  at("share").hidden = false;
  at("copy-all").hidden = !navigator.clipboard;
}

// One turn

function settled(view, turn) {
  numbers.set(turn.turn, turn.number);
  if (turn.number) last = view.number = turn.number;
  view.node.querySelector(".number").textContent = `Turn ${view.number}`;
  counted(view);
}

function hear(view, side, isKept) {
  const name = view.sides.length > 1 ? (isKept ? "Left " : "Right ") : "";
  return {
    opened(headers) {
      side.conversation = headers.get("X-Aura-Conversation");
      const revision = Number(headers.get("X-Aura-Revision"));
      const isKnown = revision === side.choice.revision && headers.get("X-Aura-Canary") !== "candidate";
      if (isKnown) side.by(side.choice.models);
      else offerAnew();
    },
    instinct({ text, is_done: isDone }) {
      following(() => side.instinct.say(text));
      if (isDone) announce(`${name}Instinct: ${text}`);
    },
    delta({ text }) {
      following(() => side.reply.add(text));
    },
    done(turn) {
      following(() => side.done(turn));
      announce(`${name}Reply: ${turn.reply}`);
      if (!isKept) return;
      settled(view, turn);
      if (turn.turn) {
        enter(turn.conversation_id);
        view.thinks(side.choice.models);
      } else view.reflects(null);
    },
    reasoning(reflection) {
      following(() => view.reflects(reflection));
    },
  };
}

// Lets one side think; fulfilled with its last word, whatever L2 has still to say.
function spoken(view, side, body, stop) {
  const isKept = side === view.kept;
  return new Promise((resolve, reject) => {
    const heard = hear(view, side, isKept);
    const done = (turn) => {
      heard.done(turn);
      if (turn.turn) wait(stop);
      resolve();
    };
    think(body, stop.signal, { ...heard, done }).catch(reject).finally(() => {
      if (waiting.includes(stop)) waiting.splice(waiting.indexOf(stop), 1);
      if (isKept && side.turn?.turn && !view.isThoughtOver) lose(view);
    });
  });
}

function wait(stop) {
  waiting.push(stop);
  if (waiting.length > WAITING_MAX) waiting.shift().abort();
}

// A side that broke off or was stopped: what had been said is kept, and its stamps with it.
async function brokeOff(view, side, error) {
  const isStopped = error.name === "AbortError";
  const wasSaid = side.reply.words.data !== "";
  if (!isStopped) side.failed(error instanceof Failure ? error : new Failure(String(error)));
  else if (!wasSaid || side !== view.kept) {
    side.failed(new Failure(wasSaid ? "Stopped." : "Stopped before its first word."));
  }
  side.instinct.speaks();
  if (side !== view.kept) return;
  view.reflection.excuse("Nothing to think over.");
  if (!wasSaid || !side.conversation) return;
  const turn = await keptTurn(side.conversation);
  if (!turn) return side.failed(new Failure("Stopped. It was not kept."));
  enter(side.conversation);
  view.filled(turn);
  settled(view, turn);
  lose(view);
}

async function keptTurn(id) {
  const until = Date.now() + KEPT_WITHIN_MS;
  while (Date.now() < until) {
    const [turn] = await turnsAfter(id, last);
    if (turn) return turn;
    await pause(200);
  }
  return null;
}

async function turnsAfter(id, number) {
  const answer = await fetch(`${places.home}conversations/${id}?after=${number}`).catch(() => null);
  if (!answer?.ok || answer.redirected) return [];
  return (await answer.json()).turns;
}

// Asks now and then for reflections that no stream tells.
function lose(view) {
  lost.add(view);
  if (lost.size === 1) look();
}

async function look() {
  for (let left = 120_000; lost.size && left > 0; left -= LOOK_EVERY_MS) {
    await pause(LOOK_EVERY_MS);
    if (document.hidden) continue;
    const first = Math.min(...[...lost].map((view) => view.number));
    for (const turn of await turnsAfter(conversation, first - 1)) {
      const view = [...lost].find(({ number }) => number === turn.number);
      view?.reflects(turn.reflection);
      if (view?.isThoughtOver) lost.delete(view);
    }
  }
  for (const view of lost) view.reflection.excuse("Not there yet. Reload the page to see it.");
  lost.clear();
}

function busy(now) {
  running = now;
  at("send").hidden = Boolean(now);
  at("stop").hidden = !now;
  for (const button of document.querySelectorAll(".retry")) button.hidden = Boolean(now);
  if (!now && [null, document.body, at("stop")].includes(document.activeElement)) at("message").focus();
}

async function say(message, picks) {
  if (running) return;
  complain("");
  const view = new TurnView(message, last + 1, picks.length > 1 ? ["Left", "Right"] : [""]);
  view.picks = picks;
  const stops = picks.map(() => new AbortController());
  busy({ view, stops });
  show(view);
  scrollTo(0, document.documentElement.scrollHeight);
  await Promise.all(view.sides.map((side, i) => {
    side.choice = choiceOf(picks[i]);
    const body = { message, conversation_id: conversation, preset: picks[i], keep: i === 0 };
    return spoken(view, side, body, stops[i]).catch((error) => brokeOff(view, side, error));
  }));
  view.rests();
  const isCompared = view.sides.length > 1 && view.sides.every(({ turn }) => turn);
  following(() => { view.node.querySelector(".vote").hidden = !isCompared; });
  view.comparison = crypto.randomUUID?.() ?? uuid();
  busy(null);
}

// Away from localhost and https a page has no randomUUID.
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function stop() {
  running?.view.sides.forEach((side, i) => side.isOver || running.stops[i].abort());
}

// Votes

function served({ turn }) {
  const models = Object.entries(turn.layers).map(([layer, { model }]) => [layer, model]);
  return { preset: turn.preset, revision: turn.revision, models: Object.fromEntries(models) };
}

async function vote(view, button) {
  const told = view.node.querySelector(".voted");
  const [left, right] = view.sides.map(served);
  const body = { comparison: view.comparison, choice: button.value, left, right };
  try {
    const { tally } = await (await post(places.prefer, body)).json();
    for (const each of view.node.querySelectorAll(".vote button")) {
      each.setAttribute("aria-pressed", String(each === button));
    }
    told.textContent = "Kept.";
    listed(at("tally"), tally.map((pair) => (
      `${pair.one} ${pair.for_one} · ${pair.two} ${pair.for_two} · neither ${pair.neither}`
    )));
    at("no-tally").hidden = true;
  } catch (error) {
    told.textContent = error.message;
  }
}

// What people do

function submit(event) {
  event.preventDefault();
  const message = at("message").value;
  const picks = at("beside").checked ? [at("left").value, at("right").value] : [at("left").value];
  if (running) return complain("Wait for the reply, or stop it.");
  if (!message.trim()) return complain("Write a message first.");
  if (picks.length > 1 && choiceOf(picks[0]).preset === choiceOf(picks[1]).preset) {
    return complain("Choose two different presets.");
  }
  at("message").value = "";
  if (picks.length === 1) at("left").value = at("composer").dataset.pinned;
  say(message, picks);
}

async function copyAll(event) {
  const button = event.currentTarget;
  const answer = await fetch(at("share").href);
  await navigator.clipboard.writeText(await answer.text());
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = "Copy as Markdown"; }, 1600);
}

function fold(isOpen) {
  at("aside").hidden = !isOpen;
  at("fold").setAttribute("aria-expanded", String(isOpen));
}

function open() {
  offer();
  at("left").value = at("composer").dataset.pinned;
  for (const turn of data.turns) {
    numbers.set(turn.turn, turn.number);
    const view = new TurnView(turn.message, turn.number, [""]);
    view.picks = [at("composer").dataset.pinned];
    show(view);
    view.filled(turn);
    settled(view, turn);
    view.node.querySelector(".retry").hidden = false;
    if (!view.isThoughtOver) lose(view);
  }
  if (conversation) enter(conversation);
  at("fold").hidden = false;
  fold(!matchMedia(FOLDED_BELOW).matches);
  document.querySelector("#composer fieldset").disabled = false;
  if (data.turns.length) scrollTo(0, document.documentElement.scrollHeight);
  at("message").focus({ preventScroll: true });
}

at("composer").addEventListener("submit", submit);
at("beside").addEventListener("change", split);
at("stop").addEventListener("click", stop);
at("fold").addEventListener("click", () => fold(at("aside").hidden));
at("copy-all").addEventListener("click", copyAll);
at("message").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  at("composer").requestSubmit();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") stop();
});
open();
