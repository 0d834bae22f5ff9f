"""Stream a reply from layer L3 and say what gave it. Needs: pip install openai"""

import os

from openai import OpenAI

client = OpenAI(
    base_url=os.environ["AURA_BASE_URL"], api_key=os.environ["AURA_API_KEY"]
)
answer = client.chat.completions.with_raw_response.create(
    model="aura/l3",
    messages=[{"role": "user", "content": "Hello! Who are you?"}],
    stream=True,
)
print("Model:", answer.headers["X-Aura-Model"])
for chunk in answer.parse():
    print(chunk.choices[0].delta.content or "", end="", flush=True)
