"""Is a file's alphabet told, though its bytes are valid in others?"""

import pytest

from kseg.clinical.table.encoding import decoded


@pytest.mark.parametrize(
    ("text", "encoding", "told"),
    [
        ("患者编号,性别\n1,女\n", "utf-8", ""),
        ("患者编号,性别\n1,女\n", "utf-8-sig", ""),
        ("患者编号,性别\n1,女\n", "utf-16", "UTF-16"),
        ("患者编号,性别\n1,女\n", "gbk", "GBK"),
        ("patient_id,血肌酐(μmol/L)\n1,80\n", "gbk", "GBK"),
        ("id,Scr（μmol/L）\n1,80\n", "gbk", "GBK"),  # noqa: RUF001
        ("编号,姓名\n1,赟婧\n", "gb18030", "GBK"),
        ("Größe;Straße;Müller;Ärztin", "cp1252", "Windows-1252"),
        ("âge,créatinine (µmol/l),20 °C,1,73 m²", "cp1252", "Windows-1252"),
        ("año,señor,¿edad?", "cp1252", "Windows-1252"),
        ("kjønn,ålder,øye", "cp1252", "Windows-1252"),
    ],
)
def test_text_comes_back_in_its_own_alphabet(text, encoding, told):
    assert decoded(text.encode(encoding)) == (text, told)


@pytest.mark.parametrize("order", ["le", "be"])
def test_both_orders_of_utf_16_are_told_by_their_mark(order):
    assert decoded("\ufeffid,性别".encode(f"utf-16-{order}")) == ("id,性别", "UTF-16")


@pytest.mark.parametrize(
    "data",
    [bytes(range(256)), "id,age\n".encode("utf-16-le"), b"\x81\x8d\x8f,\x90\n", b"\xff\xfeodd", b"id\x1b[31m,age"],
    ids=["bytes", "UTF-16 without its mark", "no alphabet's", "half a letter", "control characters"],
)
def test_what_is_no_text_is_not_read(data):
    assert decoded(data) is None
