"""The commands of `lyhord`; each is thin and imports what it needs when it is called, so that help comes at once."""

from __future__ import annotations

import enum
import os
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot import groups
from bot.options import Config, Json, Paths
from bot.supervision import where
from register.errors import Fault

app = typer.Typer(
    name="lyhord",
    help="Takes in every complaint to a school, registers it, answers it at once and sends it to the role responsible.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for name, group in groups.GROUPS.items():
    app.add_typer(group, name=name)


class Way(enum.StrEnum):
    """How a report came that staff enter by hand."""

    PHONE = "phone"
    POST = "post"


@app.command()
def demo(
    folder: Annotated[
        Path | None, typer.Option(help="Where everything is kept; default a new temporary folder.")
    ] = None,
) -> None:
    """Shows the whole path on sample complaints, without any set-up."""
    from bot.demo.show import demo as run_demo

    run_demo(folder)


@app.command()
def init(
    folder: Annotated[Path, typer.Option(help="Where the files go.")] = Path(),
    name: Annotated[str | None, typer.Option(help="The school's name.")] = None,
    mailbox: Annotated[str | None, typer.Option(help="The mailbox that parents write to.")] = None,
    head: Annotated[str | None, typer.Option(help="Name of the head who owns complaints.")] = None,
    head_mail: Annotated[str | None, typer.Option(help="The head's own mail address.")] = None,
    language: Annotated[str | None, typer.Option(help="The school's language: sv, bg, nb, nn or en.")] = None,
    country: Annotated[str | None, typer.Option(help="The school's country: SE, BG, NO, …")] = None,
    config: Config = None,
) -> None:
    """Writes a commented lyhord.toml and a first procedure file; overwrites nothing."""
    from bot.commands.init import init as write

    write(folder, name=name, mailbox=mailbox, head=head, head_mail=head_mail, language=language, country=country)


@app.command()
def check(
    config: Config = None,
    connect: Annotated[bool, typer.Option("--connect", help="Also log in to mailboxes, relay, bot, database.")] = False,
) -> None:
    """Reads settings, procedures and templates and says in a line each what is wrong."""
    from bot.commands.check import check as look

    look(config, connect=connect)


@app.command()
def run(config: Config = None) -> None:
    """Runs all channels, workers and the clock until it is told to stop."""
    # A stop may be asked for while this is still being loaded; the service then has a gentler way.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    from bot.commands.run import run as serve

    serve(config)


@app.command()
def form(
    school: Annotated[str, typer.Argument(metavar="SCHOOL", help="The school's id, as in its procedure file.")],
    out: Annotated[Path, typer.Option(help="The file to write: .docx or .pdf.")],
    language: Annotated[str | None, typer.Option(help="sv, bg, nb, nn or en; default the school's own.")] = None,
    config: Config = None,
) -> None:
    """Writes a school's complaint form, empty, to print or to fill in."""
    from bot.commands.form import form as write

    write(school, out=out, language=language, config=config)


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="A new file.")],
    key: Annotated[bool, typer.Option("--key", help="Also a copy of the key beside it.")] = False,
    config: Config = None,
) -> None:
    """Writes the register into one file, while it is at work."""
    from bot.commands.backup import backup as write

    write(file, config, key=key)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="What backup has written.")],
    letters_have_left: Annotated[
        bool, typer.Option("--letters-have-left", help="Count letters that waited as sent by the old service.")
    ] = False,
    config: Config = None,
) -> None:
    """Puts a backup in the place of a register that is not there."""
    from bot.commands.backup import restore as put_back

    put_back(file, config, letters_have_left=letters_have_left)


@app.command()
def intake(
    paths: Paths,
    to: Annotated[str | None, typer.Option("--to", help="The mailbox that the messages were sent to.")] = None,
    json: Json = False,
    config: Config = None,
) -> None:
    """Takes in .eml files, folders, Maildir or mbox by the same path as run."""
    from bot.commands.intake import intake as take

    take(paths, to=to, json=json, config=config)


@app.command()
def record(
    to: Annotated[str, typer.Argument(metavar="MAILBOX", help="The mailbox that it would have been written to.")],
    by: Annotated[Way, typer.Option(help="How it came.")] = Way.PHONE,
    name: Annotated[str, typer.Option(help="Who said or wrote it.")] = "",
    phone: Annotated[str, typer.Option(help="The number that it came from.")] = "",
    mail: Annotated[str, typer.Option(help="Where an answer may go, if they gave an address.")] = "",
    at: Annotated[str | None, typer.Option(help="When, e.g. 2026-11-24T10:05; default now.")] = None,
    text: Annotated[str | None, typer.Option(help="The fullest possible account; default standard input.")] = None,
    json: Json = False,
    config: Config = None,
) -> None:
    """Enters what was said on the phone or came by post, by the same path as a mail."""
    from bot.commands.record import Report, account, moment
    from bot.commands.record import record as enter

    report = Report(to=to, by=by.value, name=name, phone=phone, mail=mail, at=moment(at), account=account(text))
    enter(report, json=json, config=config)


@app.command()
def parse(files: Paths, json: Json = False, config: Config = None) -> None:
    """Shows how a message is read, without registering it."""
    from bot.commands.parse import parse as show

    show(files, json=json, config=config)


@app.command()
def classify(json: Json = False, config: Config = None) -> None:
    """Reads messages as JSON lines on stdin and prints the verdicts."""
    from bot.commands.classify import classify as sort

    sort(json=json, config=config)


@app.command()
def explain(
    subject: Annotated[str, typer.Argument(metavar="FILE|REFERENCE", help="A mail, or the number of a case.")],
    to: Annotated[str | None, typer.Option("--to", help="The mailbox that the mail was sent to.")] = None,
    json: Json = False,
    config: Config = None,
) -> None:
    """Says what a mail would set off, or why a case is where it is."""
    from bot.commands.explain import explain as tell

    tell(subject, to=to, json=json, config=config)


@app.command()
def replay(
    ids: Annotated[list[int] | None, typer.Argument(help="Numbers of messages; none: all that failed.")] = None,
    config: Config = None,
) -> None:
    """Takes messages that were set aside by an error through the path again."""
    from bot.commands.intake import replay as again

    again(ids, config=config)


@app.command()
def train(
    out: Annotated[Path | None, typer.Option(help="Where the artefact goes; default the program's own.")] = None,
    corpus: Annotated[list[Path] | None, typer.Option(help="Labelled JSON lines; default the program's own.")] = None,
    with_corrections: Annotated[
        bool, typer.Option("--with-corrections", help="Also learn from what people have corrected in the register.")
    ] = False,
    encoder: Annotated[
        bool, typer.Option("--encoder", help="Teach the encoder anew as well: half an hour, needs the extra `train`.")
    ] = False,
    config: Config = None,
) -> None:
    """Makes the classifiers' artefact from the corpus."""
    from bot.commands.train import train as make

    make(out, corpus, with_corrections=with_corrections, encoder=encoder, config=config)


@app.command()
def evaluate(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Labelled JSON lines; default those never trained on.")
    ] = None,
    words: Annotated[bool, typer.Option("--words", help="Cross-validate the words alone on the corpus.")] = False,
    by_file: Annotated[bool, typer.Option("--by-file", help="As --words, a file held out at a time.")] = False,
    pictures: Annotated[Path | None, typer.Option(help="Folder for the confusion matrices as pictures.")] = None,
    json: Json = False,
    config: Config = None,
) -> None:
    """Measures the classifiers on labelled messages."""
    from bot.commands.train import evaluate as measure

    measure(files, json=json, config=config, words=words, by_file=by_file, pictures=pictures)


def main() -> None:
    """Runs a command; a fault is one clear line on stderr and exit status 1, never a traceback."""
    try:
        app(standalone_mode=True)
    except Fault as error:
        _stop(error.public)
    except KeyboardInterrupt:
        _stop("stopped")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    # The outermost edge: whatever nobody foresaw is one line too; LYHORD_DEBUG=1 shows where it came from.
    except Exception as error:
        if os.environ.get("LYHORD_DEBUG"):
            raise
        _stop(f"unexpected {type(error).__name__} at {where(error)}; LYHORD_DEBUG=1 shows more")


def _stop(line: str) -> None:
    from bot.output import complain

    complain(f"lyhord: {line}")
    sys.exit(1)


if __name__ == "__main__":
    main()
