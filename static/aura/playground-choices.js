// What one can think with: what is live, and each preset for one turn; and which of them cannot
// answer, with the mend.

import { listed } from "./playground-voice.js";

const at = (id) => document.getElementById(id);
const left = at("left");
const right = at("right");
const { presets: source } = document.querySelector("main").dataset;
let offered;

const named = ({ preset }) => preset ?? "No preset";

// What is live, as the selectors say it: "What is live (Offline, canary Team B 10 %)".
function liveSaid({ live, canary }) {
  const beside = canary ? `, canary ${canary.preset} ${canary.share}` : "";
  return `What is live (${live.preset ?? "no preset"}${beside})`;
}

function option(text, slug, { is_able: isAble, mark }, isLive = false) {
  const made = new Option(mark ? `${text} – ${mark}` : text, slug);
  made.disabled = !isAble && !isLive;
  return made;
}

// Puts into the selectors what there is; what was chosen stays so.
export function offer(fresh) {
  offered = fresh;
  const presets = Object.entries(offered.presets);
  for (const select of [left, right]) {
    const chosen = select.value;
    select.replaceChildren(
      option(liveSaid(offered), "", choiceOf(""), true),
      ...presets.map(([slug, choice]) => option(named(choice), slug, choice)),
    );
    if (chosen in offered.presets) select.value = chosen;
  }
  if (!right.value) right.value = seconds(choiceOf(""))[0] ?? "";
  tellUnable(presets.map(([, choice]) => choice));
  tellBeside();
}

// The slugs of the presets that can answer and are another one than `first`.
function seconds(first) {
  const able = Object.entries(offered.presets).filter(([, choice]) => choice.is_able);
  return able.filter(([, { preset }]) => preset !== first.preset).map(([slug]) => slug);
}

// Says which presets cannot answer here, and what mends it: each mend once.
function tellUnable(choices) {
  const unable = choices.filter((choice) => !choice.is_able);
  const mends = [...new Set(unable.map(({ mend }) => mend))];
  at("unable").hidden = !unable.length;
  at("unable-count").textContent = unable.length === 1
    ? "1 preset cannot answer here" : `${unable.length} presets cannot answer here`;
  listed(at("unable-list"), mends.map((mend) => {
    const names = unable.filter((choice) => choice.mend === mend).map(named);
    return `${names.join(", ")}: ${mend}`;
  }));
}

// Shows what side by side needs, and says where there is nothing to compare with, and what the
// chosen ones lack.
export function tellBeside() {
  const isSplit = at("beside").checked;
  const lacking = (isSplit ? [left, right] : [left]).map(({ value }) => choiceOf(value)).filter(({ mark }) => mark);
  listed(at("lacking"), [...new Set(lacking)].map((choice) => `${named(choice)}: ${choice.mend}`));
  for (const select of [left, right]) select.title = select.selectedOptions[0]?.text ?? "";
  at("right-part").hidden = !isSplit;
  at("left-says").textContent = isSplit ? "Left, kept" : "Preset, this turn only";
  at("alone").hidden = !isSplit || hasSecond();
  const mends = new Set(Object.values(offered.presets).map(({ is_able: isAble, mend }) => (isAble ? "" : mend)));
  at("alone-mend").textContent = [...mends].filter(Boolean).join(" ");
}

function hasSecond() {
  const [first, live] = [choiceOf(left.value), choiceOf("")];
  return seconds(first).length > 0 || (live.is_able && live.preset !== first.preset);
}

// Says why these cannot be sent to, "" where they can.
export function objection(picks) {
  const choices = picks.map(choiceOf);
  const unable = choices.find((choice) => !choice.is_able);
  if (unable) return `${unable.preset ?? "What is live"} cannot answer. ${unable.mend}`;
  if (choices.length < 2 || choices[0].preset !== choices[1].preset) return "";
  return hasSecond() ? "Choose two different presets." : "No second preset can answer here.";
}

// Asks again: something was activated or edited since the page was opened.
export async function offerAnew() {
  const answer = await fetch(source).catch(() => null);
  if (answer?.ok && !answer.redirected) offer(await answer.json());
}

// Its preset's name, its revision and its models; "" is what is live, or the candidate of a canary
// for whom that thinks.
export function choiceOf(slug) {
  const { live, canary } = offered;
  return offered.presets[slug] ?? (canary?.is_yours ? canary : live);
}
