"""A list of any form, read row by row: nothing is lost, and every row has its line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.reading.list.layout import Layout, LayoutError, ListForm
from probe.reading.list.lines import LINE_LIMIT, text_lines
from probe.reading.list.reader import ListReader, ListRow


def read(data: str | bytes, form: ListForm | None = None, column: str | None = None) -> list[ListRow]:
    octets = data.encode() if isinstance(data, str) else data
    return list(ListReader(text_lines([octets]), form, column).rows())


def layout(data: str, form: ListForm | None = None, column: str | None = None) -> Layout:
    return ListReader(text_lines([data.encode()]), form, column).layout


def addresses(rows: list[ListRow]) -> list[tuple[int, str | None]]:
    return [(row.line, row.entry.address or row.entry.domain) for row in rows]


BOTH = [(2, "a@x.example"), (3, "b@y.example")]
TABLES = {
    "comma": "name,E-Mail,age\nA,a@x.example,1\nB,b@y.example,2\n",
    "semicolon": "name;email\nA;a@x.example\nB;b@y.example\n",
    "tab": "name\temail\nA\ta@x.example\nB\tb@y.example\n",
    "bar": "name|email\nA|a@x.example\nB|b@y.example\n",
    "quotes": '"name","email"\n"A, ""the"" first","a@x.example"\nB,"b@y.example"\n',
    "crlf": "name,email\r\nA,a@x.example\r\nB,b@y.example\r\n",
    "cr": "name,email\rA,a@x.example\rB,b@y.example",
    "no end": "name,email\nA,a@x.example\nB,b@y.example",
    "other words": "id,Contact-eMail address\n1,a@x.example\n2,b@y.example\n",
    "one column": "Email\na@x.example\nb@y.example\n",
    "french": "nom;Courriel\nA;a@x.example\nB;b@y.example\n",
}
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32")


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_column_is_found_in_every_form(name: str, encoding: str) -> None:
    assert addresses(read(TABLES[name].encode(encoding))) == BOTH


def test_plain_lines_and_domains() -> None:
    assert addresses(read("a@x.example\n\n  \nb.example\n")) == [(1, "a@x.example"), (4, "b.example")]


def test_json_lines() -> None:
    rows = read('{"Email": "a@x.example", "n": 1}\n{"n": 2}\nfoo\n{"Email": 3}\nnull\n"b@y.example"\n')
    assert addresses(rows)[0] == (1, "a@x.example") and addresses(rows)[-1] == (6, "b@y.example")
    assert [row.entry.note for row in rows[1:5]] == [
        "has no key Email",
        "is no JSON",
        "holds no text",
        "holds no text",
    ]


def test_display_names_with_a_comma_are_no_table_of_their_own() -> None:
    rows = read("Doe, John <a@x.example>\nRoe, Jane <b@y.example>\n")
    assert addresses(rows) == [(1, "a@x.example"), (2, "b@y.example")]


def test_a_header_is_no_vote_on_the_column() -> None:
    assert addresses(read("who,what\na@x.example,hello\n")) == [(2, "a@x.example")]


def test_a_column_can_be_named_or_counted() -> None:
    text = "from,to\na@x.example,b@y.example\n"
    assert addresses(read(text, column="from")) == [(2, "a@x.example")]
    assert addresses(read(text, column="2")) == [(2, "b@y.example")]
    assert addresses(read("a@x.example,b@y.example\n", column="2")) == [(1, "b@y.example")]
    assert layout(text, column="FROM").has_header


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("a@x.example,b@y.example\n", None, "look alike"),
        ("n,m\n1,2\n", None, "none of the 2 columns"),
        ("name,email\nA,a@x.example\n", "nope", "there are: name, email"),
        ("a@x.example\n", "nope", "only one"),
        ('{"a": 1, "b": 2}\n', None, "which key"),
        ('{"email": "a@x.example"}\n', "nope", "there are: email"),
    ],
)
def test_a_column_that_is_not_clear_is_asked_for(text: str, column: str | None, words: str) -> None:
    with pytest.raises(LayoutError, match=words):
        layout(text, column=column)


def test_a_quote_that_is_never_closed_spoils_one_row_only() -> None:
    lines = [f"n{number},u{number}@x.example" for number in range(100)]
    lines[3] = '"open,u3@x.example'
    rows = read("name,email\n" + "\n".join(lines))
    assert addresses(rows) == [(number + 2, f"u{number}@x.example") for number in range(100)]
    assert rows[3].entry.note == "a quote is not closed"


def test_a_record_may_go_over_lines() -> None:
    rows = read('name,email\n"two\nlines",a@x.example\nB,b@y.example\n')
    assert addresses(rows) == [(2, "a@x.example"), (4, "b@y.example")]


def test_rows_between_two_stray_quotes_are_read() -> None:
    rows = read('name,email\n"A,a@x.example\nB,b@y.example\nC",c@z.example\nD,d@z.example\n')
    assert [row.line for row in rows] == [2, 3, 4, 5]


def test_rows_that_are_too_short_or_too_long_are_reported() -> None:
    rows = read("name,email\nA\nB,b@y.example,more\n" + "x" * (LINE_LIMIT + 5) + "\nC,c@z.example\n")
    notes = ["has 1 of 2 columns", "has 3 columns, not 2", f"is longer than {LINE_LIMIT} characters", ""]
    assert [row.entry.note for row in rows] == notes


@given(st.binary(max_size=300), st.lists(st.integers(1, 50), max_size=8))
def test_lines_do_not_depend_on_how_the_octets_come(data: bytes, sizes: list[int]) -> None:
    start = data[:4]  # the encoding is told by the first octets, which a file gives at once
    whole = list(text_lines([data]))
    assert list(text_lines([start, *(it for it in _split(data[4:], sizes) if it)])) == whole or b"\0" in data


def _split(data: bytes, sizes: list[int]) -> list[bytes]:
    parts, at = [], 0
    for size in sizes:
        parts.append(data[at : at + size])
        at += size
    return [*parts, data[at:]]


@given(st.one_of(st.text(max_size=400), st.text('ab@.,;"\n\r\t{}:[]', max_size=200)))
def test_any_text_is_read_to_its_end(text: str) -> None:
    try:
        reader = ListReader(text_lines([text.encode("utf-8", "surrogatepass")]))
    except LayoutError:
        return
    lines = [row.line for row in reader.rows()]
    assert lines == sorted(set(lines))
    assert len(lines) <= reader.lines


COMMENTED = {
    "plain": "# old list\na@x.example\n#\n  # was c@z.example\nb@y.example\n",
    "table": "# exported today\nname,email\nA,a@x.example\n# B left\nB,b@y.example\n",
    "table without header": "# exported today\nA,a@x.example\n# B left\nB,b@y.example\n",
    "json": '# exported\n{"email": "a@x.example"}\n# more\n{"email": "b@y.example"}\n',
    "mark": "\ufeff# exported\na@x.example\nb@y.example\n",
}


@pytest.mark.parametrize("name", COMMENTED)
def test_a_comment_is_no_row(name: str) -> None:
    reader = ListReader(text_lines([COMMENTED[name].encode()]))
    rows = list(reader.rows())
    assert [row.entry.address for row in rows] == ["a@x.example", "b@y.example"]
    assert reader.comments == sum("#" in line for line in COMMENTED[name].splitlines())


def test_what_only_looks_like_a_comment_is_a_row() -> None:
    assert addresses(read("#sales@x.example\na@y.example\n")) == [(1, "#sales@x.example"), (2, "a@y.example")]
    table = "# id;email\n1;a@x.example\n# 2;b@y.example\n"
    assert addresses(read(table)) == [(2, "a@x.example"), (3, "b@y.example")]
    lines = 'name,email\n"A\n# still the name",a@x.example\nB,b@y.example\n'
    assert addresses(read(lines)) == [(2, "a@x.example"), (4, "b@y.example")]


def test_a_title_before_the_header_costs_its_own_line() -> None:
    rows = read("Customers of May\n\nname,email\nA,a@x.example\nB,b@y.example\n")
    assert [(row.line, row.entry.address) for row in rows] == [
        (1, None),
        (4, "a@x.example"),
        (5, "b@y.example"),
    ]
    assert "1 of 2 columns" in rows[0].entry.note
