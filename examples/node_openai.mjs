// Stream a reply from layer L3 and say what gave it. Needs: npm install
import OpenAI from "openai";

const client = new OpenAI({
  baseURL: process.env.AURA_BASE_URL,
  apiKey: process.env.AURA_API_KEY,
});
const messages = [{ role: "user", content: "Hello! Who are you?" }];
const { data: stream, response } = await client.chat.completions
  .create({ model: "aura/l3", messages, stream: true })
  .withResponse();
console.log("Model:", response.headers.get("X-Aura-Model"));
for await (const chunk of stream) {
  process.stdout.write(chunk.choices[0]?.delta?.content ?? "");
}
