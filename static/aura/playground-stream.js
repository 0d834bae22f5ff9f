// One message to the mind, and its server-sent events as they come.

// What went wrong, as a sentence; `link` is where it can be mended, `mend` says how where the
// sentence does not.
export class Failure extends Error {
  constructor(sentence, link = null, mend = "") {
    super(sentence);
    Object.assign(this, { link, mend });
  }
}

const AGAIN = "Retry says it once more; another preset may answer.";
// What Aura refuses so says itself how it is mended.
const MENDED_ELSEWHERE = ["provider_not_ready", "upstream_auth"];

const places = document.querySelector("main").dataset;
const BROKEN_OFF = "The connection broke off. What had been said is kept: reload the page to see it.";

function token() {
  const cookie = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/);
  // The cookie is newer than the form when somebody signed in again in another tab.
  return cookie ? cookie[1] : document.querySelector("[name=csrfmiddlewaretoken]").value;
}

function signedOut() {
  const back = encodeURIComponent(location.pathname + location.search);
  return new Failure("You are signed out.", { text: "Sign in again", url: `${places.signIn}?next=${back}` });
}

// Says what can be done about an error of Aura's beyond what it says itself.
function mendOf({ type, code }) {
  return type === "invalid_request_error" || MENDED_ELSEWHERE.includes(code) ? "" : AGAIN;
}

// Says in words why Aura refused.
async function refusal(answer) {
  if (answer.status === 401) return signedOut();
  const said = await answer.json().catch(() => null);
  if (said?.error?.code === "csrf_failed" || (answer.status === 403 && !said)) {
    return new Failure("This page is older than your signing in.", { text: "Reload it", url: location.href });
  }
  if (!said?.error?.message) {
    return new Failure(answer.status === 503
      ? "The database does not answer, so nothing can be kept. Try again in a moment."
      : `Aura answered ${answer.status}.`, null, answer.status === 503 ? "" : AGAIN);
  }
  const wait = answer.headers.get("Retry-After");
  const sentence = said.error.message + (wait > 0 ? ` Try again in ${wait} s.` : "");
  return new Failure(sentence, null, wait > 0 ? "" : mendOf(said.error));
}

// Sends `body` as JSON; throws Failure unless Aura agrees.
export async function post(url, body, signal) {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": token() };
  const options = { method: "POST", headers, body: JSON.stringify(body), signal };
  const answer = await fetch(url, options).catch((error) => {
    throw error.name === "AbortError" ? error : new Failure("Aura does not answer. See whether it runs, then retry.");
  });
  if (answer.redirected) throw signedOut();
  if (!answer.ok) throw await refusal(answer);
  return answer;
}

function parsed(block) {
  const lines = block.split("\n");
  const of = (name) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
  return of("event") && { name: of("event"), data: JSON.parse(of("data")) };
}

// Yields { name, data } for each event of an answer; a comment, a sign of life, is no event.
async function* events(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    yield* blocks.map(parsed).filter(Boolean);
  }
}

// Thinks one message. `hear` has a function for `opened` (the answer's headers) and for each
// event; returns once nothing more will come.
export async function think(body, signal, hear) {
  let isOver = false;
  try {
    const answer = await post(places.chat, body, signal);
    hear.opened(answer.headers);
    for await (const { name, data } of events(answer)) {
      if (name === "error") throw new Failure(data.error.message, null, mendOf(data.error));
      if (name === "done") isOver = true;
      hear[name]?.(data);
    }
  } catch (error) {
    if (error instanceof Failure || error.name === "AbortError" || isOver) throw error;
    throw new Failure(BROKEN_OFF);
  }
  if (!isOver) throw new Failure(BROKEN_OFF);
}
