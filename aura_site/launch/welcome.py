"""What people see when Aura is up: where it is, how to sign in, and what to paste."""

import json
from dataclasses import dataclass

PLACEHOLDER = "$AURA_API_KEY"
MESSAGE = {"role": "user", "content": "Hello! Who are you?"}


@dataclass(frozen=True)
class Welcome:
    """What the text depends on; `key` is the API key if it was made just now, else "".

    `has_new_password` says that the admin's password was made, and shown, just now.
    """

    url: str
    key: str = ""
    has_new_password: bool = False

    def text(self) -> str:
        """Return the whole text."""
        return "\n".join(("", self._doors(), self._curl(), self._python(), self._end()))

    def _doors(self) -> str:
        password = ", password: above" if self.has_new_password else ""
        return f"""\
Aura is running.

  Status   {self.url}/
  Admin    {self.url}/admin/   (user: admin{password})
  Talk     {self.url}/playground/
"""

    def _curl(self) -> str:
        body = {"model": "aura/l3", "stream": True, "messages": [MESSAGE]}
        return f"""\
Ask it from a shell:

  curl -N {self.url}/v1/chat/completions \\
    -H "Authorization: Bearer {self.key or PLACEHOLDER}" \\
    -H "Content-Type: application/json" \\
    -d '{json.dumps(body)}'
"""

    def _python(self) -> str:
        key = f'"{self.key}"' if self.key else 'os.environ["AURA_API_KEY"]'
        return f"""\
Or from Python (pip install openai):

  {"" if self.key else "import os; "}from openai import OpenAI
  client = OpenAI(base_url="{self.url}/v1", api_key={key})
  messages = [{json.dumps(MESSAGE)}]
  answer = client.chat.completions.create(model="aura/l3", messages=messages)
  print(answer.choices[0].message.content)
"""

    def _end(self) -> str:
        missing = f"""\
{PLACEHOLDER} stands for the API key of the first start, which is not shown again. For a
new one: .venv/bin/python manage.py create_api_key NAME
For a new admin password: .venv/bin/python manage.py changepassword admin
"""
        return ("" if self.key else missing) + "Stop it with Ctrl-C.\n"
