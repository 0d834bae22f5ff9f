// openai-node against a running Aura: node openai.mjs URL KEY
import assert from "node:assert/strict";
import OpenAI from "openai";

const [baseURL, apiKey] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
const messages = [{ role: "user", content: "Hello" }];

const plain = await client.chat.completions.create({ model: "aura/l3", messages });
assert.match(plain.choices[0].message.content, /says hello/);
assert.equal(plain.model, "aura/l3");

const { response } = await client.chat.completions.create({ model: "aura/l3", messages }).withResponse();
assert.ok(response.headers.get("x-aura-model"));

let text = "";
let usage = null;
const options = { stream: true, stream_options: { include_usage: true } };
for await (const chunk of await client.chat.completions.create({ model: "aura/l3", messages, ...options })) {
  text += chunk.choices[0]?.delta.content ?? "";
  usage = chunk.usage ?? usage;
}
assert.match(text, /says hello.* goes on.* goes on/);
assert.ok(usage.total_tokens > 0);

await assert.rejects(async () => {
  const broken = await client.chat.completions.create({ model: "breaks", messages, stream: true });
  for await (const _ of broken);
}, OpenAI.APIError);

const tools = [{ type: "function", function: { name: "weather", parameters: {} } }];
const called = await client.chat.completions.create({ model: "calls-tools", messages, tools });
assert.equal(called.choices[0].message.tool_calls[0].function.name, "weather");

for (const encoding_format of [undefined, "float"]) {
  const made = await client.embeddings.create({ model: "aura/embedding", input: ["a", "b"], encoding_format });
  assert.deepEqual(made.data.map((row) => row.embedding.length), [1536, 1536]);
}

await assert.rejects(client.chat.completions.create({ model: "aura/l9", messages }), OpenAI.NotFoundError);
await assert.rejects(
  new OpenAI({ baseURL, apiKey: "aura_wrong", maxRetries: 0 }).models.list(),
  OpenAI.AuthenticationError,
);
const names = [];
for await (const model of client.models.list()) names.push(model.id);
assert.ok(names.includes("aura/l3"));
assert.equal((await client.models.retrieve("aura/l3")).id, "aura/l3");
