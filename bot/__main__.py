"""The commands of `lyhord`; each is thin and imports what it needs when it is called, so that help comes at once."""

from __future__ import annotations

import enum
import os
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

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
book = typer.Typer(help="The register: cases, journal, letters, deadlines.", no_args_is_help=True)
app.add_typer(book, name="register")
unknown = typer.Typer(help="Senders who stay unknown: a question to one, a code on the phone.", no_args_is_help=True)
app.add_typer(unknown, name="anonymous")
proof = typer.Typer(help="Signed receipts: proof that a message was received.", no_args_is_help=True)
app.add_typer(proof, name="receipt")
people = typer.Typer(help="Staff in chat: codes that link a chat to a role.", no_args_is_help=True)
app.add_typer(people, name="staff")

Config = Annotated[Path | None, typer.Option("--config", help="Settings file; default lyhord.toml where it exists.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
Paths = Annotated[list[Path], typer.Argument(help="Files or folders.")]


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
    config: Config = None,
) -> None:
    """Makes the classifiers' artefact from the corpus."""
    from bot.commands.train import train as make

    make(out, corpus)


@app.command()
def evaluate(
    files: Annotated[list[Path] | None, typer.Argument(help="Labelled JSON lines; none: the corpus itself.")] = None,
    by_file: Annotated[bool, typer.Option("--by-file", help="Hold out a file at a time instead of folds.")] = False,
    json: Json = False,
    config: Config = None,
) -> None:
    """Measures the classifiers on labelled messages, or cross-validates the corpus."""
    from bot.commands.train import evaluate as measure

    measure(files, json=json, config=config, by_file=by_file)


@book.command("list")
def list_(
    json: Json = False,
    aside: Annotated[
        bool, typer.Option("--set-aside", help="The messages that are in no case, with the reason.")
    ] = False,
    organisation: Annotated[str | None, typer.Option(help="Only this school.")] = None,
    config: Config = None,
) -> None:
    """Lists the cases, or what was set aside."""
    from bot.commands.register import list_cases

    list_cases(config, json=json, aside=aside, organisation=organisation)


@book.command()
def show(reference: Annotated[str, typer.Argument(metavar="REF")], json: Json = False, config: Config = None) -> None:
    """Shows a case whole: journal, letters, messages, verdicts, decision."""
    from bot.commands.register import show_case

    show_case(reference, config, json=json)


@book.command()
def export(json: Json = True, config: Config = None) -> None:
    """Prints every case whole, as JSON lines."""
    from bot.commands.register import export_cases

    export_cases(config)


@book.command()
def verify(json: Json = False, config: Config = None) -> None:
    """Walks the journal's hash chain and adds up the books."""
    from bot.commands.register import verify_register

    verify_register(config, json=json)


@unknown.command()
def ask(
    reference: Annotated[str, typer.Argument(metavar="REF")],
    text: Annotated[str, typer.Option("--text", help="The question.")],
    config: Config = None,
) -> None:
    """Keeps a question for the sender of an anonymous case, who gets it the next time they write."""
    from bot.commands.anonymous import ask as keep

    keep(reference, text, config)


@unknown.command()
def add(
    code: Annotated[str, typer.Argument(help="The code that is read out on the phone.")],
    text: Annotated[str | None, typer.Option("--text", help="What is said; - reads it from stdin.")] = None,
    config: Config = None,
) -> None:
    """Adds what somebody says to the case that their code opens, and prints the school's questions to them."""
    from bot.commands.anonymous import add as put

    put(code, text, config)


@proof.command()
def issue(reference: Annotated[str, typer.Argument(metavar="REF")], config: Config = None) -> None:
    """Prints the signed receipt for the messages of a case."""
    from bot.commands.receipt import issue as make

    make(reference, config)


@proof.command("verify")
def verify_receipt(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="A text with the receipt in it.")],
    key: Annotated[str | None, typer.Option(help="The school's public key; default the own one.")] = None,
    message: Annotated[Path | None, typer.Option(help="A mail as .eml that the receipt may be about.")] = None,
    config: Config = None,
) -> None:
    """Says whether a receipt is sound and what it says."""
    from bot.commands.receipt import verify as look

    look(file, key=key, message=message, config=config)


@proof.command("key")
def public_key(config: Config = None) -> None:
    """Prints the public key that anyone may check receipts with."""
    from bot.commands.receipt import key as show_key

    show_key(config)


School = Annotated[str | None, typer.Option("--organisation", help="The school's id, where there are several.")]


@people.command("link")
def staff_link(
    role: Annotated[str, typer.Argument(help="The role's id in the procedure file.")],
    organisation: School = None,
    config: Config = None,
) -> None:
    """Prints a code; the chat that sends it to the bot gets the role's notices and may act on them."""
    from bot.commands.staff import link

    link(role, organisation, config)


@people.command("list")
def staff_list(organisation: School = None, json: Json = False, config: Config = None) -> None:
    """Shows the linked chats."""
    from bot.commands.staff import listed

    listed(organisation, config, json=json)


@people.command("unlink")
def staff_unlink(
    chat: Annotated[str, typer.Argument(help="The chat's number, as `staff list` shows it; -- before a negative one.")],
    role: Annotated[str | None, typer.Option(help="Only this role; default every one.")] = None,
    organisation: School = None,
    config: Config = None,
) -> None:
    """Ends a link: no more notices to this chat, and its buttons do nothing."""
    from bot.commands.staff import unlink

    unlink(chat, role, organisation, config)


@people.command("take")
def staff_take(
    reference: Annotated[str, typer.Argument(metavar="REFERENCE", help="The case's number.")],
    role: Annotated[str, typer.Argument(help="The role that has taken it.")],
    config: Config = None,
) -> None:
    """Says that a role has taken an urgent case: its notices are not repeated any more."""
    from bot.commands.staff import take

    take(reference, role, config)


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
