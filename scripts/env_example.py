"""Write .env.example from the settings: `python -m scripts.env_example > .env.example`."""

import sys
import textwrap

from bot.settings import Settings

HEAD = """\
# The settings of Guichet. Copy this file to .env and fill in what you need; what is left empty
# keeps its default, shown behind the name. The demo (make demo) needs none of it.
"""

SECRET_OR_NONE = (None, "")


def env_example() -> str:
    """Every setting, in the order of bot/settings.py, with what it is for."""
    blocks = [HEAD]
    for name, field in Settings.model_fields.items():
        lines = textwrap.wrap(field.description or "", 98, initial_indent="# ")
        told = "\n".join(line if line.startswith("# ") else f"# {line}" for line in lines)
        default = field.default
        shown = "" if default in SECRET_OR_NONE else int(default) if default is False else default
        blocks.append(f"{told}\n{name.upper()}={shown}\n")
    return "\n".join(blocks)


if __name__ == "__main__":
    sys.stdout.write(env_example())
