"""`packshot completion`: the script by which a shell completes commands and options."""

import json

import click
from click.shell_completion import get_completion_class

from packshot.cli.options import json_option

PROGRAM = "packshot"
SHELLS = ("bash", "zsh", "fish")
_VARIABLE = f"_{PROGRAM.upper()}_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@json_option
@click.pass_context
def completion(ctx: click.Context, shell: str, as_json: bool) -> None:
    """Print the script that completes packshot's commands and options in SHELL.

    \b
    bash:  packshot completion bash > ~/.local/share/bash-completion/completions/packshot
    zsh:   packshot completion zsh > "${fpath[1]}/_packshot"
    fish:  packshot completion fish > ~/.config/fish/completions/packshot.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None, f"click knows {SHELLS}"
    script = kind(ctx.find_root().command, {}, PROGRAM, _VARIABLE).source()
    click.echo(json.dumps({"shell": shell, "script": script}) if as_json else script)
