// The Vercel AI SDK against a running Aura: node ai-sdk.mjs URL KEY
import assert from "node:assert/strict";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { embedMany, generateText, streamText } from "ai";

const [baseURL, apiKey] = process.argv.slice(2);
const aura = createOpenAICompatible({ name: "aura", baseURL, apiKey, includeUsage: true });
const prompt = "Hello";

const plain = await generateText({ model: aura("aura/l3"), prompt, maxRetries: 0 });
assert.match(plain.text, /says hello/);
assert.ok(plain.usage.totalTokens > 0);

const stream = streamText({ model: aura("aura/l3"), prompt, maxRetries: 0 });
assert.match(await stream.text, /says hello.* goes on.* goes on/);
assert.ok((await stream.usage).totalTokens > 0);

const errors = [];
const broken = streamText({
  model: aura("breaks"), prompt, maxRetries: 0, onError: ({ error }) => errors.push(error),
});
await broken.consumeStream();
assert.equal(errors.length, 1);

const { embeddings } = await embedMany({
  model: aura.textEmbeddingModel("aura/embedding"), values: ["a", "b"], maxRetries: 0,
});
assert.deepEqual(embeddings.map((vector) => vector.length), [1536, 1536]);

await assert.rejects(generateText({ model: aura("aura/l9"), prompt, maxRetries: 0 }), { statusCode: 404 });
