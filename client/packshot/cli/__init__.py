"""The command `packshot`. Each command is a module; what they share is how errors end a process (`exits.py`)."""

import click

from packshot import __version__
from packshot.cli.augment import augment
from packshot.cli.catalog import catalog
from packshot.cli.check import check
from packshot.cli.completion import completion
from packshot.cli.data import audit, data
from packshot.cli.dead import dead
from packshot.cli.doctor import doctor
from packshot.cli.exits import ExplainedGroup
from packshot.cli.generate import generate
from packshot.cli.job import job
from packshot.cli.jobs import cancel, jobs
from packshot.cli.keys import keys
from packshot.cli.models import models
from packshot.cli.operations import operations
from packshot.cli.presets import presets
from packshot.cli.replay import replay
from packshot.cli.run import run
from packshot.cli.server_parts import capacity, compile_plans, worker
from packshot.cli.top import top
from packshot.cli.up import up
from packshot.cli.variations import variations
from packshot.cli.webhooks import webhooks


@click.group(cls=ExplainedGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="packshot")
def main() -> None:
    """Packshot: product photos in, pictures that sell out.

    \b
    Try it:
      packshot run PHOTO.jpg --op relight --op restore --op upscale -o results
      packshot catalog run products.csv --preset amazon-main -o results
      packshot generate "navy striped dress" -n 4 -o results

    The server is the one of PACKSHOT_URL and PACKSHOT_API_KEY, else the one that `packshot up` runs on this machine;
    commands that make pictures start a private one when there is neither.

    \b
    Exit codes:
      0    all is well
      1    some photos failed or break a technical rule of their channel, or the server refused the request
      2    wrong usage: an option, a photo that is not there, an operation or parameter that the server does not know
      3    no server answers, it stays away or full, or it refuses the key; and nothing else is wrong
      4    the server could not be started, or not be kept running
      130  interrupted (Ctrl-C); submitted jobs were canceled, a catalogue's batch was paused
    """


for command in (
    up,
    run,
    catalog,
    generate,
    variations,
    augment,
    job,
    jobs,
    cancel,
    replay,
    check,
    presets,
    operations,
    models,
    keys,
    webhooks,
    audit,
    data,
    dead,
    doctor,
    top,
    completion,
    worker,
    compile_plans,
    capacity,
):
    main.add_command(command)
