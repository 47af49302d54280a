"""The files that rows of `Client.catalog` name: looked at here, sent, and which rows lack theirs."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from packshot.batch_models import RowFault
from packshot.catalog.asking import Catalog, File, id_of
from packshot.catalog.photo_files import photo_ids, why_unreadable
from packshot.errors import InvalidPhoto, InvalidRequest
from packshot.flows.steps import Steps, together
from packshot.models import Upload
from packshot.problems import FieldError, Problem

AT_ONCE = 8


@dataclass(frozen=True)
class Files:
    """The upload's id of each file of a catalogue, or why it has none: the text then stands in its place."""

    ids: Mapping[File, str]
    wrong: Mapping[File, str]

    def id_of(self, file: File) -> str:
        """What a row says in the file's place; of one that is `wrong` the server says what is the matter with it."""
        return self.wrong[file] if file in self.wrong else self.ids[file]

    def faults(self, catalog: Catalog) -> list[RowFault]:
        """Of each row whose photo, or another of its files, is wrong; those that all rows share are of row 0."""
        return list(_faults(catalog, self.wrong)) if self.wrong else []


def look_at(catalog: Catalog) -> Files:
    """Every file as it is here; none is sent."""
    files = catalog.files()
    found = photo_ids([file for file in files if isinstance(file, Path)], lambda _: None)
    ids: dict[File, str] = {file: told for file, told in found.items() if isinstance(told, str)}
    ids |= {file: id_of(file) for file in files if isinstance(file, bytes)}
    return Files(ids, {file: why_unreadable(told) for file, told in found.items() if isinstance(told, Exception)})


def send_steps(files: Files, upload: Callable[[File], Steps[Upload]]) -> Steps[Files]:
    """Sends all that can be read, each content once; one that the server does not take is wrong, too."""

    def sent(file: File) -> Steps[tuple[File, str | Exception]]:
        try:
            return file, (yield from upload(file)).id
        except (InvalidPhoto, InvalidRequest, OSError) as error:
            return file, error

    found = dict((yield from together([partial(sent, file) for file in files.ids], AT_ONCE)))
    refused = {file: why_unreadable(told) for file, told in found.items() if isinstance(told, Exception)}
    return Files({file: told for file, told in found.items() if isinstance(told, str)}, {**files.wrong, **refused})


def refuse(faults: list[RowFault]) -> None:
    """Raises InvalidRequest with all of them, where there are any."""
    if faults:
        errors = tuple(FieldError(one.pointer, one.detail, one.row) for one in faults)
        raise InvalidRequest(Problem("about:blank", "Files of the catalogue cannot be sent", errors=errors))


def made_up_id(file: File) -> str:
    """An id that no upload has, in the place of a file that cannot be read, so that the server looks at the rest."""
    return id_of(f"no file {file!r}".encode())


def _faults(catalog: Catalog, wrong: Mapping[File, str]) -> Iterator[RowFault]:
    for row, pointer, file in catalog.named_files():
        if file in wrong:
            yield RowFault(row, wrong[file], pointer)
