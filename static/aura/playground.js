// The playground: sends messages, shows what comes, keeps votes. The way to the mind is in
// playground-stream.js, what a turn looks like in playground-turn.js.

import { choiceOf, objection, offer, offerAnew, tellBeside } from "./playground-choices.js";
import { fold, listEarlier, pairSaid, select, tallied } from "./playground-details.js";
import { Failure, post, think } from "./playground-stream.js";
import { TurnView } from "./playground-turn.js";

const at = (id) => document.getElementById(id);
const places = document.querySelector("main").dataset;
const data = JSON.parse(at("data").textContent);
const NEAR_END_PX = 160;
const WAITING_MAX = 2; // streams that wait for L2: a browser has six connections to a server
const LOOK_EVERY_MS = 1500;
const LOOKS_MAX = 80;
const KEPT_WITHIN_MS = 4000;
const FOLDED_BELOW = "(max-width: 60rem)";

let { conversation } = data;
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

// Follows what is said, unless somebody reads further up.
function following(change) {
  const page = document.documentElement;
  const isAtEnd = page.scrollHeight - scrollY - innerHeight < NEAR_END_PX;
  change();
  if (isAtEnd) scrollTo(0, page.scrollHeight);
}

function enter(id) {
  conversation = id;
  const { pinned } = at("composer").dataset;
  history.replaceState(null, "", `${places.home}?conversation=${id}${pinned && `&preset=${pinned}`}`);
  at("share").href = `${places.home}conversations/${id}.md`;
  at("share").hidden = at("anew").hidden = false;
  at("copy-all").hidden = !navigator.clipboard;
}

// Turns

function show(view) {
  at("empty").hidden = true;
  at("turns").hidden = false;
  at("turns").append(view.node);
  view.onShow(() => select(view, (turn) => numbers.get(turn)));
  view.onRetry(() => say(view.message, view.picks));
  view.onVote((choice) => vote(view, choice));
}

function settled(view, turn) {
  numbers.set(turn.turn, turn.number);
  last = turn.number;
  view.isNumber(turn.number);
  select(view, (id) => numbers.get(id));
}

// A turn that was kept just now.
function kept(view, turn) {
  enter(turn.conversation_id);
  settled(view, turn);
  listEarlier(conversation);
}

function hear(view, side) {
  const isKept = side === view.kept;
  return {
    opened(headers) {
      side.conversation = headers.get("X-Aura-Conversation");
      // A canary's candidate has its share, nobody else has one.
      const isCandidate = headers.get("X-Aura-Canary") === "candidate";
      const isSame = Number(headers.get("X-Aura-Revision")) === side.choice.revision;
      if (isSame && isCandidate === ("share" in side.choice)) return side.by(side.choice);
      side.choice = null;
      offerAnew();
    },
    instinct({ text, is_done: isDone }) {
      following(() => side.instinct.say(text));
      if (isDone) announce(`${side.name} instinct: ${text}`);
    },
    delta({ text }) {
      following(() => side.reply.add(text));
    },
    done(turn) {
      following(() => side.done(turn));
      announce(`${side.name} reply: ${turn.reply}`);
      if (!isKept) return;
      if (!turn.turn) {
        view.isNotKept();
        return view.reflects(null);
      }
      kept(view, turn);
      view.thinks();
    },
    reasoning(reflection) {
      following(() => view.reflects(reflection));
    },
  };
}

// Lets one side think; fulfilled with its last word, whatever L2 has still to say.
function spoken(view, side, body, stop) {
  return new Promise((resolve, reject) => {
    const heard = hear(view, side);
    const done = (turn) => {
      heard.done(turn);
      if (turn.turn) wait(stop);
      resolve();
    };
    think(body, stop.signal, { ...heard, done }).catch(reject).finally(() => {
      if (waiting.includes(stop)) waiting.splice(waiting.indexOf(stop), 1);
      if (side === view.kept && side.turn?.turn && !view.isThoughtOver) lose(view);
    });
  });
}

function wait(stop) {
  waiting.push(stop);
  if (waiting.length > WAITING_MAX) waiting.shift().abort();
}

// A side that broke off or was stopped: what had been said is kept, and its stamps with it.
async function brokeOff(view, side, error) {
  const wasSaid = side.reply.hasSpoken;
  if (error.name === "AbortError") side.stopped();
  else side.failed(error instanceof Failure ? error : new Failure(String(error)));
  announce(side.reply.hasSpoken ? `${side.title} broke off.` : `${side.title} gave no reply. ${error.message}`);
  if (side !== view.kept) return;
  const turn = wasSaid && side.conversation ? await keptTurn(side.conversation) : null;
  if (!turn) {
    view.isNotKept();
    return view.reflects(null);
  }
  view.filled(turn);
  kept(view, turn);
  if (!view.isThoughtOver) lose(view);
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
  view.looksLeft = LOOKS_MAX;
  lost.add(view);
  if (lost.size === 1) look();
}

async function look() {
  while (lost.size) {
    await pause(LOOK_EVERY_MS);
    if (document.hidden) continue;
    const first = Math.min(...[...lost].map((view) => view.number));
    const turns = await turnsAfter(conversation, first - 1);
    for (const view of lost) {
      const turn = turns.find(({ number }) => number === view.number);
      if (turn) view.reflects(turn.reflection);
      if (!view.isThoughtOver && (view.looksLeft -= 1) === 0) view.giveUp();
      if (view.isThoughtOver) lost.delete(view);
    }
  }
}

function busy(now) {
  running = now;
  at("send").hidden = Boolean(now);
  at("stop").hidden = !now;
  for (const button of document.querySelectorAll(".turn .retry")) button.hidden = Boolean(now);
  if (!now && [null, document.body, at("stop")].includes(document.activeElement)) at("message").focus();
}

async function say(message, picks) {
  if (running) return;
  complain("");
  const view = new TurnView(message, last + 1, picks);
  const stops = picks.map(() => new AbortController());
  busy({ view, stops });
  show(view);
  scrollTo(0, document.documentElement.scrollHeight);
  await Promise.all(view.sides.map((side, i) => {
    side.choice = choiceOf(picks[i]);
    const body = { message, conversation_id: conversation, preset: picks[i], keep: i === 0 };
    return spoken(view, side, body, stops[i]).catch((error) => brokeOff(view, side, error));
  }));
  following(() => view.rests());
  busy(null);
}

function stop() {
  running?.view.sides.forEach((side, i) => side.isOver || running.stops[i].abort());
}

async function vote(view, choice) {
  const [left, right] = view.sides.map((side) => side.served());
  try {
    const body = { comparison: view.comparison, choice, left, right };
    const { tally } = await (await post(places.prefer, body)).json();
    tallied(tally);
    const names = [left, right].map(({ preset }) => preset ?? "no preset");
    const pair = tally.find(({ one, two }) => names.includes(one) && names.includes(two));
    view.voted(choice, pair ? `Kept. ${pairSaid(pair)}` : "Kept.");
  } catch (error) {
    view.voted(null, error.message);
  }
}

// What people do

function submit(event) {
  event.preventDefault();
  const message = at("message").value;
  const isSplit = at("beside").checked;
  const picks = isSplit ? [at("left").value, at("right").value] : [at("left").value];
  if (running) return complain("Wait for the reply, or stop it.");
  if (!message.trim()) return complain("Write a message first.");
  const reason = objection(picks);
  if (reason) return complain(reason);
  at("message").value = "";
  if (!isSplit) at("left").value = at("composer").dataset.pinned;
  tellBeside();
  say(message, picks);
}

async function copyAll(event) {
  const button = event.currentTarget;
  const answer = await fetch(at("share").href).catch(() => null);
  const isThere = answer?.ok && !answer.redirected;
  if (isThere) await navigator.clipboard.writeText(await answer.text());
  button.textContent = isThere ? "Copied" : "It could not be read";
  setTimeout(() => { button.textContent = "Copy as Markdown"; }, 1600);
}

function open() {
  const { pinned } = at("composer").dataset;
  offer(data.offered);
  at("left").value = pinned;
  tellBeside();
  for (const turn of data.turns) {
    const view = new TurnView(turn.message, turn.number, [pinned]);
    show(view);
    view.filled(turn);
    settled(view, turn);
    view.rests();
    if (!view.isThoughtOver) lose(view);
  }
  if (conversation) enter(conversation);
  at("fold").hidden = false;
  fold(!matchMedia(FOLDED_BELOW).matches);
  document.querySelector("#composer fieldset").disabled = false;
  busy(null);
  if (data.turns.length) scrollTo(0, document.documentElement.scrollHeight);
  at("message").focus({ preventScroll: true });
}

at("composer").addEventListener("submit", submit);
for (const id of ["beside", "left", "right"]) at(id).addEventListener("change", tellBeside);
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
