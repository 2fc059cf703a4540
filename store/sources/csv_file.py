"""Reading a CSV file as it comes from a cart or a spreadsheet: encoding, headings, rows as text, in pieces."""

from __future__ import annotations

import csv
import difflib
import shutil
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from store.sources.refusals import FileRefused, Refusal, Refusals

ENCODINGS = ("utf-8-sig", "cp932", "euc_jp", "utf-16")
BLOCK_BYTES = 8 << 20
LINE_COLUMN = "line"


@dataclass(frozen=True)
class Profile:
    """Which headings a file must and may have."""

    name: str
    kind: str
    required: tuple[str, ...]
    optional: tuple[str, ...]


def profile_names() -> list[str]:
    """All profiles that come with Banto."""
    folder = resources.files("store.sources").joinpath("profiles")
    return sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml"))


def read_profile(name: str) -> Profile:
    """The profile `name`; FileRefused when there is none."""
    names = profile_names()
    if name not in names:
        raise FileRefused([Refusal("import.refused.profile", value=name, hint=", ".join(names))])
    text = resources.files("store.sources").joinpath("profiles", f"{name}.toml").read_text()
    data = tomllib.loads(text)
    return Profile(name, data["kind"], tuple(data["required"]), tuple(data["optional"]))


@dataclass(frozen=True)
class CsvFile:
    """A CSV file in UTF-8 with known headings."""

    path: Path
    separator: str
    headings: tuple[str, ...]
    unused: tuple[str, ...]

    def batches(self) -> Iterator[pa.RecordBatch]:
        """All rows in order as text columns, plus `line`: the row's number, counted from 1 without the heading.

        Raises FileRefused for rows that have too many or too few cells.
        """
        ragged = Refusals()

        def note(row: pacsv.InvalidRow) -> str:
            ragged.add(self._ragged(row))
            return "skip"

        used = [name for name in self.headings if name and name not in self.unused]
        try:
            reader = pacsv.open_csv(
                self.path,
                read_options=pacsv.ReadOptions(
                    block_size=BLOCK_BYTES, column_names=list(self._unique), skip_rows=1, use_threads=False
                ),
                parse_options=pacsv.ParseOptions(
                    delimiter=self.separator, newlines_in_values=True, invalid_row_handler=note
                ),
                convert_options=pacsv.ConvertOptions(
                    column_types=dict.fromkeys(self._unique, pa.string()),
                    include_columns=used,
                    strings_can_be_null=False,
                ),
            )
        except pa.ArrowInvalid as error:
            if "Empty CSV file" in str(error):
                raise FileRefused([Refusal("import.refused.no_rows")]) from error
            raise FileRefused([Refusal("import.refused.broken", hint=str(error).splitlines()[0])]) from error
        rows = 0
        while True:
            try:
                batch = reader.read_next_batch()
            except StopIteration:
                break
            except pa.ArrowInvalid as error:
                raise FileRefused([Refusal("import.refused.broken", hint=str(error).splitlines()[0])]) from error
            ragged.stop_if_any()
            numbers = pa.array(range(rows + 1, rows + batch.num_rows + 1), pa.int64())
            rows += batch.num_rows
            yield pa.RecordBatch.from_arrays(
                [*(_clean(column) for column in batch.columns), numbers],
                names=[*batch.schema.names, LINE_COLUMN],
            )
        ragged.stop_if_any()
        if rows == 0:
            raise FileRefused([Refusal("import.refused.no_rows")])

    def file_line(self, row: int) -> int:
        """The line of the file on which data row `row` (from 1) ends, as an editor counts it."""
        with self.path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, delimiter=self.separator)
            seen = -1
            for cells in reader:
                seen += bool(cells)
                if seen == row:
                    break
            return reader.line_num

    @cached_property
    def _unique(self) -> tuple[str, ...]:
        return tuple(name or f"\x00{at}" for at, name in enumerate(self.headings))

    def _ragged(self, row: pacsv.InvalidRow) -> Refusal:
        line = None if row.number is None else self.file_line(row.number - 1)
        return Refusal(
            "import.refused.ragged",
            line=line,
            value=row.text[:60],
            hint=f"{row.actual_columns}/{row.expected_columns}",
        )


def open_csv(path: Path, profile: Profile, scratch: Path) -> CsvFile:
    """Open `path` for `profile`; a copy in UTF-8 is made in `scratch` where the file is in another encoding.

    Raises FileRefused for a missing, empty or binary file and for headings that are missing or stand twice.
    """
    if not path.is_file():
        raise FileRefused([Refusal("import.refused.no_file", value=path.name)])
    if path.stat().st_size == 0:
        raise FileRefused([Refusal("import.refused.empty")])
    text = _as_utf8(path, scratch)
    with text.open(encoding="utf-8-sig", newline="") as stream:
        first = stream.readline()
    separator = "\t" if first.count("\t") > first.count(",") else ","
    cells = next(csv.reader([first], delimiter=separator), [])
    headings = tuple(_heading(cell) for cell in cells)
    _check_headings(headings, cells, profile)
    _check_quotes(text, separator)
    known = {*profile.required, *profile.optional}
    return CsvFile(text, separator, headings, tuple(h for h in headings if h and h not in known))


def _check_headings(headings: tuple[str, ...], cells: list[str], profile: Profile) -> None:
    refusals = Refusals()
    for name in profile.required:
        if name not in headings:
            near = difflib.get_close_matches(name, headings, 1, cutoff=0.6)
            shown = ", ".join(cell.strip() for cell in cells if cell.strip())[:300]
            refusals.add(Refusal("import.refused.heading", column=name, value=shown, hint=near[0] if near else None))
    for name in {h for h in headings if h and headings.count(h) > 1}:
        refusals.add(Refusal("import.refused.heading_twice", column=name))
    refusals.stop_if_any()


def _check_quotes(path: Path, separator: str) -> None:
    """Refuse a file that ends within quotes: the open cell would swallow all rows after it without a word."""
    with path.open("rb") as stream:
        marks = sum(piece.count(b'"') for piece in iter(lambda: stream.read(1 << 20), b""))
    if marks % 2 == 0:
        return
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.reader(stream, delimiter=separator, strict=True)
        line = 1
        try:
            for _ in reader:
                line = reader.line_num + 1
        except csv.Error as error:
            # Any other fault is a stray mark within a cell (5" tube), which is read as it stands.
            if "unexpected end of data" in str(error):
                raise FileRefused([Refusal("import.refused.open_quote", line=line)]) from error


def _heading(cell: str) -> str:
    return unicodedata.normalize("NFKC", cell).strip().strip("\ufeff").strip('"').lower().replace(" ", "_")


def _as_utf8(path: Path, scratch: Path) -> Path:
    with path.open("rb") as stream:
        start = stream.read(4096)
    utf16 = start.startswith((b"\xff\xfe", b"\xfe\xff"))
    if b"\x00" in start and not utf16:
        raise FileRefused([Refusal("import.refused.binary")])
    for encoding in ("utf-16",) if utf16 else ENCODINGS:
        if _decodes(path, encoding):
            if encoding == "utf-8-sig":
                return path
            copy = scratch / "utf8.csv"
            with (
                path.open(encoding=encoding, newline="") as source,
                copy.open("w", encoding="utf-8", newline="") as out,
            ):
                shutil.copyfileobj(source, out, 1 << 20)
            return copy
    raise FileRefused([Refusal("import.refused.encoding")])


def _decodes(path: Path, encoding: str) -> bool:
    try:
        with path.open(encoding=encoding, newline="") as stream:
            while piece := stream.read(1 << 20):
                if "\x00" in piece:
                    return False
    except UnicodeError:
        return False
    return True


def _clean(column: pa.Array) -> pa.Array:
    """Cells without surrounding spaces; Excel's ="00123" becomes 00123."""
    trimmed = pc.utf8_trim_whitespace(column)
    if pc.any(pc.starts_with(trimmed, pattern='="')).as_py():
        trimmed = pc.replace_substring_regex(trimmed, pattern='^="(.*)"$', replacement=r"\1")
    return trimmed
