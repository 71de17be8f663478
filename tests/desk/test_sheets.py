"""Files: Excel reads the Chinese, nothing in a cell is run, long numbers keep their digits."""

from __future__ import annotations

import csv
import io

from python_calamine import CalamineWorkbook

from api.sheets import Sheet, csv_of, xlsx_of

SHEET = Sheet(
    title="查验队列: 全部/平台 [1]",
    columns=["报关单", "已等"],
    rows=[["423120261000451234", 24.5], ["=HYPERLINK(1)", -3], ["+86 532", None], ["-5.5", "@x"]],
    notes=[("数据来源", "模拟 (simulated)"), ("筛选", "无")],
)


def test_csv_begins_with_the_mark_excel_needs_and_the_table() -> None:
    body = csv_of(SHEET)
    assert body.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
    assert rows[:3] == [["报关单", "已等"], ["423120261000451234", "24.5"], ["'=HYPERLINK(1)", "-3"]]
    assert rows[3:5] == [["'+86 532", ""], ["-5.5", "'@x"]]
    assert rows[5:] == [[], ["数据来源", "模拟 (simulated)"], ["筛选", "无"]]


def test_a_workbook_holds_texts_as_texts_numbers_as_numbers_and_says_what_it_is() -> None:
    book = CalamineWorkbook.from_filelike(io.BytesIO(xlsx_of(SHEET, "说明")))
    table, about = (book.get_sheet_by_name(name).to_python() for name in book.sheet_names)
    assert table[:3] == [["报关单", "已等"], ["423120261000451234", 24.5], ["=HYPERLINK(1)", -3.0]]
    assert about == [["数据来源", "模拟 (simulated)"], ["筛选", "无"]]


def test_a_title_like_the_sheet_of_notes_and_no_rows_still_make_a_workbook() -> None:
    book = CalamineWorkbook.from_filelike(io.BytesIO(xlsx_of(Sheet(title="About", columns=["a"], rows=[]), "About")))
    assert len(book.sheet_names) == 2
