// Say something to the mind, and read what comes of it. Needs: Node 20, nothing else
const url = process.env.AURA_BASE_URL.replace(/\/v1$/, "") + "/chat/stream";
const headers = { Authorization: `Bearer ${process.env.AURA_API_KEY}`, "Content-Type": "application/json" };
const message = process.argv.slice(2).join(" ") || "Hello, I am Ada.";
const body = JSON.stringify({ message, user_id: "ada" });
const answer = await fetch(url, { method: "POST", headers, body });
if (!answer.ok) throw new Error(await answer.text());
let rest = "";
read: for await (const text of answer.body.pipeThrough(new TextDecoderStream())) {
  const events = (rest + text).split("\n\n");
  rest = events.pop();
  for (const lines of events) {
    const [, event] = /^event: (.*)$/m.exec(lines) ?? [];
    const [, data] = /^data: (.*)$/m.exec(lines) ?? [];
    if (event === "delta") process.stdout.write(JSON.parse(data).text);
    if (event !== "done" && event !== "error") continue;
    console.log(`\n${event}: ${data}`);
    break read; // who reads on gets L2's `reasoning`, up to two minutes later
  }
}
