"""Say something to the mind, and read what comes of it. Needs: pip install requests"""

import json
import os
import sys

import requests

url = os.environ["AURA_BASE_URL"].removesuffix("/v1") + "/chat/stream"
key = {"Authorization": f"Bearer {os.environ['AURA_API_KEY']}"}
message = {"message": " ".join(sys.argv[1:]) or "Hello, I am Ada.", "user_id": "ada"}
with requests.post(url, json=message, headers=key, stream=True, timeout=180) as answer:
    answer.raise_for_status()
    answer.encoding = "utf-8"
    event = ""
    for line in answer.iter_lines(decode_unicode=True):
        name, _, value = line.partition(": ")
        if name == "event":
            event = value
        elif name == "data" and event == "delta":
            print(json.loads(value)["text"], end="", flush=True)
        elif name == "data" and event in ("done", "error"):
            print(f"\n{event}: {value}")
            break  # who reads on gets L2's `reasoning`, up to two minutes later
