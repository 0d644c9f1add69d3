"""The commands that stand in groups, `lyhord register list` and the like; thin, as those in `bot.__main__`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.options import Config, Json

book = typer.Typer(help="The register: cases, journal, letters, deadlines.", no_args_is_help=True)
unknown = typer.Typer(help="Senders who stay unknown: a question to one, a code on the phone.", no_args_is_help=True)
proof = typer.Typer(help="Signed receipts: proof that a message was received.", no_args_is_help=True)
people = typer.Typer(help="Staff in chat: codes that link a chat to a role.", no_args_is_help=True)
#: by the name that is written on the command line
GROUPS = {"register": book, "anonymous": unknown, "receipt": proof, "staff": people}


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


By = Annotated[str | None, typer.Option("--by", help="The role that does this; default the owner of the case.")]


@book.command()
def close(
    reference: Annotated[str, typer.Argument(metavar="REF")],
    because: Annotated[str, typer.Option("--because", help="How it ended; for the journal, not for the parent.")],
    by: By = None,
    tell: Annotated[bool, typer.Option("--tell", help="Also send the parent a letter.")] = False,
    config: Config = None,
) -> None:
    """Closes a case: its dates end, and the journal says by whom and why."""
    from bot.commands.keeping import close as end

    end(reference, because=because, by=by, tell=tell, config=config)


@book.command()
def correct(
    reference: Annotated[str, typer.Argument(metavar="REF")],
    kind: Annotated[str | None, typer.Option(help="complaint, concern, question, praise, follow_up, other.")] = None,
    category: Annotated[str | None, typer.Option(help="The category's id.")] = None,
    unit: Annotated[str | None, typer.Option(help="The unit's id in the procedure file.")] = None,
    urgent: Annotated[bool | None, typer.Option("--urgent/--not-urgent", help="A child may be in danger.")] = None,
    by: By = None,
    config: Config = None,
) -> None:
    """Corrects what was understood of a case; passes nothing on, and says what would now be due."""
    from bot.commands.correcting import correct as put

    said = {"kind": kind, "category": category, "unit": unit, "urgent": urgent}
    put(reference, {name: one for name, one in said.items() if one is not None}, by=by, config=config)


@book.command()
def corrections(json: Json = True, config: Config = None) -> None:
    """Prints the corrected cases as labelled messages, one JSON object a line, for `lyhord train`."""
    from bot.commands.correcting import corrections as tell

    tell(config)


@book.command("copy")
def copy_(
    source: Annotated[str, typer.Argument(metavar="FROM", help="The database that holds the register.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="An empty one, e.g. postgresql+asyncpg://…")],
) -> None:
    """Copies the register to another database, SQLite or PostgreSQL, and verifies the copy."""
    from bot.commands.copy import copy_register

    copy_register(source, target)


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
