"""Stream a reply from layer L3 and say what gave it. Needs: pip install langchain-openai"""

import os

from langchain_openai import ChatOpenAI
from pydantic import SecretStr

l3 = ChatOpenAI(
    model="aura/l3",
    base_url=os.environ["AURA_BASE_URL"],
    api_key=SecretStr(os.environ["AURA_API_KEY"]),
    include_response_headers=True,
)
for chunk in l3.stream("Hello! Who are you?"):
    if headers := chunk.response_metadata.get("headers"):
        print("Model:", headers["x-aura-model"])
    print(chunk.text, end="", flush=True)
