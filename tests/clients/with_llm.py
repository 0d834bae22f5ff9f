"""simonw's `llm`, as it is used in a shell, against a running Aura: URL and KEY are its
arguments. Its settings go to a folder of its own, LLM_USER_PATH."""

import os
import subprocess
import sys
from pathlib import Path

URL, KEY = sys.argv[1:]
MODELS = f"""
- model_id: aura
  model_name: aura/l3
  api_base: "{URL}"
  api_key_name: aura
- model_id: breaks
  model_name: breaks
  api_base: "{URL}"
  api_key_name: aura
"""


def main() -> None:
    folder = Path(os.environ["LLM_USER_PATH"])
    (folder / "extra-openai-models.yaml").write_text(MODELS)
    said = llm("-m", "aura", "Hello")
    assert said.returncode == 0 and said.stdout.count("goes on") == 2, said
    whole = llm("-m", "aura", "--no-stream", "Hello")
    assert whole.returncode == 0 and "says hello" in whole.stdout, whole
    broken = llm("-m", "breaks", "Hello")
    assert broken.returncode != 0, broken


def llm(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("llm")), *arguments, "--key", KEY]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


if __name__ == "__main__":
    main()
