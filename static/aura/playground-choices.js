// What one can think with: what is live, and each preset for one turn.

const left = document.getElementById("left");
const right = document.getElementById("right");
const { presets: source } = document.querySelector("main").dataset;
let offered;

// Puts into the selectors what there is; what was chosen stays so.
export function offer(fresh) {
  offered = fresh;
  const named = Object.entries(offered.presets).map(([slug, { preset }]) => [slug, preset]);
  const live = `What is live (${offered.live.preset ?? "no preset"})`;
  for (const select of [left, right]) {
    const chosen = select.value;
    select.replaceChildren(new Option(live, ""), ...named.map(([slug, name]) => new Option(name, slug)));
    if (chosen in offered.presets) select.value = chosen;
  }
  if (!right.value) right.value = named.find(([, name]) => name !== offered.live.preset)?.[0] ?? "";
}

// Asks again: something was activated or edited since the page was opened.
export async function offerAnew() {
  const answer = await fetch(source).catch(() => null);
  if (answer?.ok && !answer.redirected) offer(await answer.json());
}

// Its preset's name, its revision and its models; "" is what is live.
export function choiceOf(slug) {
  return offered.presets[slug] ?? offered.live;
}
