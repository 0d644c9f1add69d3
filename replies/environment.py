"""The letter files, read once and rendered in a sandbox; a school's own wording goes before ours."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from jinja2 import DictLoader, Environment, StrictUndefined, Template, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from register.errors import BadSettings
from replies.formats import FILTERS, finish

TEMPLATES = Path(__file__).parent / "templates"
#: the languages that every letter exists in
LANGUAGES = ("sv", "bg", "nb", "nn", "en")
#: the letters that a procedure or the program may ask for
LETTERS = (
    "acknowledgement",
    "notice",
    "urgent_notice",
    "not_examined",
    "status",
    "next_stage",
    "added_notice",
    "question_repeated",
    "reminder",
    "needs_human",
    "alarm",
    "undeliverable",
    "dialogue",
    "unproven",
    "message",
    "longer",
    "closed",
    "joined",
    "receipt",
)
#: what letter files may use of Jinja's own filters
JINJA_FILTERS = ("first", "join", "last", "length", "lower", "upper")
#: the HTML around every letter
PAGE = "page.html"


#: what a letter that is rendered once for many may be made of: nothing that counts, calls or computes
_PLAIN = (
    *(nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Include, nodes.With, nodes.Assign),
    *(nodes.If, nodes.For, nodes.CondExpr, nodes.And, nodes.Or, nodes.Not, nodes.Compare, nodes.Operand),
    *(nodes.Getattr, nodes.Getitem, nodes.Filter, nodes.Test, nodes.Tuple, nodes.List, nodes.Dict, nodes.Pair),
)
_PLAIN_TESTS = frozenset({"true", "false", "none"})


class LetterEnvironment(ImmutableSandboxedEnvironment):
    """A sandbox in which a letter file names its neighbours without their folder: `{% include "_sign_off.txt" %}`."""

    def join_path(self, template: str, parent: str) -> str:
        """The full name of a neighbour: the language folder of the letter that names it."""
        return template if "/" in template else f"{parent.rpartition('/')[0]}/{template}"


class Wording:
    """The letters of one organisation: its own files where it has any, ours otherwise."""

    def __init__(self, sources: Mapping[str, str], own: Collection[str] = ()) -> None:
        """Takes all files by name; `own` are those among them that the organisation has written."""
        self._own = frozenset(own)
        self._words = letter_environment(sources)
        self._page = _page_environment(sources)
        self._sources = sources
        self.languages = frozenset(name.partition("/")[0] for name in sources if name.endswith(".txt"))
        #: by file: the files of a wording never change
        self._plain: dict[str, bool] = {}

    def language(self, wanted: str) -> str:
        """The language that a letter is written in where this one is wanted: English where it has no letters."""
        return wanted if wanted in self.languages else "en"

    def letter(self, language: str, letter: str) -> Template:
        """The letter file; raises jinja2.TemplateError where it is absent or cannot be read."""
        return self._words.get_template(f"{language}/{letter}.txt")

    def is_plain(self, language: str, letter: str) -> bool:
        """True where the letter file, and the parts it may include, only write, ask and repeat (see `slots`)."""
        parts = [name for name in self._sources if name.startswith(f"{language}/_")]
        return all(map(self._only_writes, (f"{language}/{letter}.txt", *parts)))

    def _only_writes(self, name: str) -> bool:
        known = self._plain.get(name)
        if known is None:
            tree = self._words.parse(self._sources.get(name, "{{ x() }}"))
            known = self._plain[name] = all(map(_is_plain, tree.find_all(nodes.Node)))
        return known

    def is_ours(self, language: str, letter: str) -> bool:
        """True where the organisation has written neither the letter nor a part of that language, nor the page."""
        parts = f"{language}/_"
        return not any(name in (PAGE, f"{language}/{letter}.txt") or name.startswith(parts) for name in self._own)

    def page(self) -> Template:
        """The HTML page that a letter stands on."""
        return self._page.get_template(PAGE)


class Wordings:
    """Every organisation's wording; all files are read when this is made, and never again."""

    def __init__(self, folders: Sequence[Path] = ()) -> None:
        ours = sources(TEMPLATES)
        self._ours = Wording(ours)
        own: dict[str, dict[str, str]] = {}
        for folder in reversed(folders):
            for organisation in organisations(folder):
                own.setdefault(organisation, {}).update(sources(folder / organisation))
        self._own = {organisation: Wording({**ours, **files}, files) for organisation, files in own.items() if files}

    def of(self, organisation: str) -> Wording:
        """What an organisation says, by its id; an unknown or empty id says what we say."""
        return self._own.get(organisation, self._ours)


def organisations(folder: Path) -> list[str]:
    """The ids of the organisations that have wording of their own in a folder; BadSettings where it is no folder."""
    if not folder.is_dir():
        raise BadSettings(f"letters: {folder} is not a folder; name a folder that holds <organisation>/<language>/")
    return sorted(entry.name for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith("."))


def sources(folder: Path) -> dict[str, str]:
    """The letter files below a folder by their name, `<language>/<letter>.txt`, and its HTML page."""
    files = [*folder.glob("*/*.txt"), *folder.glob(PAGE)]
    return {path.relative_to(folder).as_posix(): _text(path) for path in sorted(files)}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(f"letters: {path} cannot be read as UTF-8 text ({type(error).__name__})") from None


def letter_environment(files: Mapping[str, str]) -> Environment:
    """The sandbox in which letter files are rendered."""
    # Not HTML: `blocks` keeps values apart from signs, and the page below escapes every one of them.
    made = LetterEnvironment(
        loader=DictLoader(files),
        undefined=StrictUndefined,
        autoescape=False,
        finalize=finish,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    made.filters = {name: made.filters[name] for name in JINJA_FILTERS} | FILTERS
    made.globals = {}
    return made


def _is_plain(node: nodes.Node) -> bool:
    if isinstance(node, nodes.Name):
        return node.name != "loop"
    if isinstance(node, nodes.Test):
        return node.name in _PLAIN_TESTS
    return isinstance(node, _PLAIN)


def _page_environment(files: Mapping[str, str]) -> Environment:
    return ImmutableSandboxedEnvironment(
        loader=DictLoader({PAGE: files[PAGE]}),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
