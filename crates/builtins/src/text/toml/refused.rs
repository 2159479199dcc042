//! Documents that are refused, with what toml11 says of each.

use super::parse;

/// A wording, and documents of which it is said.
type Refused<'t> = (&'t str, &'t [&'t [u8]]);

fn refuses(cases: &[Refused]) {
    for (wording, documents) in cases {
        for document in *documents {
            let said = parse(document).map_err(|error| error.to_string());
            assert_eq!(said, Err(format!("[error] {wording}")), "{}", document.escape_ascii());
        }
    }
}

#[test]
fn lines_and_keys() {
    refuses(&[
        (
            "toml::parse_key_value_pair: invalid key value separator `=`",
            &[b"a", b"a b = 1", b"a : 1", b"\"\"\"a\"\"\" = 1", b"a\xc3\xa9 = 1"],
        ),
        (
            "toml::parse_simple_key: invalid key: key must be \"quoted\", 'quoted-literal', or bare key.",
            &[
                b"= 1",
                b"a. = 1",
                b"a..b = 1",
                b".a = 1",
                b"\xc3\xa9 = 1",
                b"\xff = 1",
                b"\r",
                b"a = 1\n\rb = 1",
                b"a = 1\n]",
                b"\n# \x01",
                b"a = 1\n# \x01\nb = 1",
                b"[a]\n# \xff",
            ],
        ),
        (
            "toml::parse_table: newline (LF / CRLF) or EOF is expected",
            &[
                b"a = 1 b = 2",
                b"a = \"x\" y",
                b"a = 1\rb = 2",
                b"a = 1\r",
                b"a = 1 \xff",
                b"a = {} }",
                b"a = 1 2\na = 3",
            ],
        ),
        (
            "toml::parse_comment_line: newline (LF / CRLF) or EOF is expected",
            &[
                b"# \x01\na = 1",
                b"#\x7f",
                b"# \xff",
                b"# one\n# two\r# three",
                b"a = 1 # \x01",
                b"[a] # \x01",
                b"a = 1\na = 2 # \x01",
            ],
        ),
    ]);
}

#[test]
fn headers() {
    refuses(&[
        (
            "toml::parse_file: newline (or EOF) expected",
            &[b"[a] b = 1", b"[a]]", b"[[a]] b = 1", b"[[a]]]", b"[a] [b]", b"[a]\n[a] b"],
        ),
        (
            "toml::parse_file: invalid table key",
            &[b"[", b"[a", b"[]", b"[a.", b"[a.]", b"[ [a]]", b"[a b]", b"[a\n]", b"[\"a]", b"a = 1 ["],
        ),
        ("toml::parse_file: invalid array-table key", &[b"[[", b"[[a]", b"[[a", b"[[]]", b"[[a] ]"]),
    ]);
}

#[test]
fn arrays() {
    refuses(&[
        (
            "toml::parse_array: expected value-separator `,` or closing `]`",
            &[b"a = [1 2]", b"a = [1\n\"b\"]", b"a = [1x]", b"a = [1}"],
        ),
        (
            "toml::parse_array: missing closing bracket `]`",
            &[b"a = [1", b"a = [", b"a = [1,", b"a = [[1]\n", b"a = [1 # b"],
        ),
        (
            "bad format: unknown value appeared",
            &[b"a = [,]", b"a = [1,,2]", b"a = [# \x01\n]", b"a = [1,\n# \x01\n]"],
        ),
        (
            "toml::parse_comment_line: newline (LF / CRLF) or EOF is expected",
            &[b"a = [1 # \x01\n]", b"a = [1, # \x01\n]", b"a = [1\n# \xff\n]"],
        ),
    ]);
}

#[test]
fn inline_tables() {
    refuses(&[
        (
            "toml::parse_inline_table: expected value-separator `,` or closing `}`",
            &[b"a = {x = 1 y = 2}", b"a = {x = 1", b"a = {x = 1\n}", b"a = {x = 1 # b\n}", b"a = {x = 1]"],
        ),
        (
            "toml::parse_inline_table: trailing comma is not allowed in TOML-v1.0.0)",
            &[b"a = {x = 1,}", b"a = {x = 1, }"],
        ),
        (
            "toml::parse_simple_key: invalid key: key must be \"quoted\", 'quoted-literal', or bare key.",
            &[b"a = {", b"a = {\n}", b"a = {,}", b"a = {x = 1,,}", b"a = {x = 1,\ny = 2}", b"a = {# b\n}"],
        ),
        ("toml::parse_key_value_pair: invalid key value separator `=`", &[b"a = {x}"]),
    ]);
}

#[test]
fn what_is_defined_already() {
    refuses(&[
        (
            "toml::insert_value: failed to insert a value, value already exists",
            &[
                b"a = 1\na = 2",
                b"a = 1\na.b = 2",
                b"[a]\nb = 1\n[a.b.c]",
                b"a = [1]\n[a.b]",
                b"a = []\na.b = 1",
                b"a = [{}, 1]\n[[a.b]]",
                b"a = {b = 1, b = 2}",
                b"[a.b]\n[a]\nb = 1",
                b"a = {b = 1, b.c = 2}",
            ],
        ),
        (
            "toml::insert_value: failed to insert a table, table already defined",
            &[
                b"[a]\n[a]",
                b"a = 1\n[a]",
                b"a.b = 1\n[a]",
                b"[[a]]\n[a]",
                b"a = {}\n[a]",
                b"[a]\nb.c = 1\n[a.b]",
            ],
        ),
        (
            "toml::insert_value: failed to insert an array of tables, value already exists",
            &[b"a = 1\n[[a]]", b"a = [1]\n[[a]]", b"a = []\n[[a]]", b"[a]\n[[a]]", b"[a.b]\n[[a]]"],
        ),
        (
            "toml::insert_value: failed to insert a value: inline table is immutable",
            &[b"a = {x = 1}\na.y = 2", b"a = {}\n[a.b]", b"a = {b = {}, b.c = 1}", b"a.b = {}\n[[a.b.c]]"],
        ),
        (
            "toml::insert_value:inline array of tables are immutable",
            &[b"a = [{x = 1}]\n[a.b]", b"a = [{}, {}]\na.b = 1"],
        ),
        (
            "toml::insert_value: failed to insert a table, inline array of tables is immutable",
            &[b"a = [{x = 1}]\n[[a]]"],
        ),
        (
            "toml::insert_value: reopening a table using dotted keys",
            &[b"[a.b]\nc = 1\n[a]\nb.d = 2", b"[a.b.c]\n[a]\nb.d = 2"],
        ),
        ("toml::insert_value:dotted key cannot reopen an array-of-tables", &[b"[[a.b]]\n[a]\nb.c = 1"]),
    ]);
}

#[test]
fn strings() {
    refuses(&[
        (
            "toml::parse_basic_string: invalid string format",
            &[
                b"a = \"b",
                b"a = \"",
                b"a = \"b\nc\"",
                b"a = \"b\rc\"",
                b"a = \"\\x41\"",
                b"a = \"\\u12\"",
                b"a = \"\\ b\"",
                b"a = \"\x7f\"",
                b"a = \"\xff\"",
                b"a = \"\xed\xa0\x80\"",
                b"a = \"\\ud800",
                b"\"a = 1",
            ],
        ),
        (
            "toml::parse_ml_basic_string: invalid string format",
            &[
                b"a = \"\"\"b",
                b"a = \"\"\"b\"\"",
                b"a = \"\"\"\\q\"\"\"",
                b"a = \"\"\"\\ b\"\"\"",
                b"a = \"\"\"\r\"\"\"",
                b"a = \"\"\"\x01\"\"\"",
                b"a = \"\"\"\xff\"\"\"",
            ],
        ),
        (
            "toml::parse_literal_string: invalid string format",
            &[b"a = 'b", b"a = 'b\nc'", b"a = '\x01'", b"a = '\xff'", b"'a = 1"],
        ),
        (
            "toml::parse_ml_literal_string: invalid string format",
            &[b"a = '''b", b"a = '''b''", b"a = '''\x01'''", b"a = '''\xff'''"],
        ),
        (
            "toml::parse_utf8_codepoint: [0xD800, 0xDFFF] is not a valid UTF-8",
            &[
                b"a = \"\\ud800\"",
                b"a = \"\"\"\\uDFFF\"\"\"",
                b"\"\\ud800\" = 1",
                b"a = \"\\ud800\\U00110000\"",
            ],
        ),
        (
            "toml::parse_utf8_codepoint: input codepoint is too large.",
            &[b"a = \"\\U00110000\"", b"a = \"\\UFFFFFFFF\""],
        ),
    ]);
}

#[test]
fn words() {
    refuses(&[
        (
            "toml::parse_boolean: invalid boolean: boolean must be `true` or `false`, in lowercase. string must be surrounded by `\"`",
            &[b"a = tru", b"a = t", b"a = foo", b"a = [tRUE]"],
        ),
        (
            "toml::parse_value: `true` must be in lowercase. A string must be surrounded by quotes.",
            &[b"a = True", b"a = TRUE"],
        ),
        (
            "toml::parse_value: `false` must be in lowercase. A string must be surrounded by quotes.",
            &[b"a = FALSE", b"a = Foo"],
        ),
        (
            "toml::parse_value: `inf` must be in lowercase. A string must be surrounded by quotes.",
            &[b"a = Inf", b"a = inF", b"a = ibm"],
        ),
        (
            "toml::parse_value: `nan` must be in lowercase. A string must be surrounded by quotes.",
            &[b"a = NaN", b"a = null", b"a = n"],
        ),
        (
            "toml::parse_table: newline (LF / CRLF) or EOF is expected",
            &[b"a = truex", b"a = infinity", b"a = nan_"],
        ),
        (
            "bad format: unknown value appeared",
            &[
                b"a = ",
                b"a = # b",
                b"a = bar",
                b"a = +",
                b"a = +true",
                b"a = -.5",
                b"a = +_1",
                b"a = \xc3\xa9",
                b"a = \xff",
                b"a = ]",
            ],
        ),
    ]);
}

#[test]
fn integers() {
    refuses(&[
        (
            "bad integer: invalid digit after an integer",
            &[b"a = 01", b"a = 01.5", b"a = 07:32", b"a = 0b12", b"a = 0o78"],
        ),
        ("bad integer: leading zero", &[b"a = 00", b"a = -00", b"a = 00:00"]),
        ("bad integer: leading zero is not allowed in decimal int", &[b"a = 0_1", b"a = -0_1"]),
        (
            "bad integer: `_` must be surrounded by digits",
            &[b"a = 1__0", b"a = 1_", b"a = 1_.5", b"a = 0x1_", b"a = 0x1__2"],
        ),
        ("bad number: `_` must be surrounded by digits", &[b"a = _1"]),
        (
            "toml::parse_table: newline (LF / CRLF) or EOF is expected",
            &[b"a = 1x", b"a = 12 3", b"a = 0X1", b"a = 0x1g"],
        ),
        (
            "toml::parse_hex_integer: invalid integer: hex_int must be like: 0xC0FFEE, 0xdead_beef",
            &[b"a = 0x", b"a = 0xg", b"a = 0x_1", b"a = +0x1"],
        ),
        (
            "toml::parse_oct_integer: invalid integer: oct_int must be like: 0o775, 0o04_44",
            &[b"a = 0o", b"a = 0o8", b"a = -0o7"],
        ),
        (
            "toml::parse_bin_integer: invalid integer: bin_int must be like: 0b0101, 0b1111_0000",
            &[b"a = 0b", b"a = 0b2", b"a = +0b1"],
        ),
        (
            "toml::parse_dec_integer: too large integer: current max digits = 2^63",
            &[b"a = 9223372036854775808", b"a = -9223372036854775809"],
        ),
        (
            "toml::parse_hex_integer: too large integer: current max value = 2^63",
            &[b"a = 0x8000000000000000", b"a = 0xFFFFFFFFFFFFFFFF"],
        ),
        (
            "toml::parse_oct_integer: too large integer: current max value = 2^63",
            &[b"a = 0o1000000000000000000000"],
        ),
        (
            "toml::parse_bin_integer: too large integer: current max value = 2^63",
            &[b"a = 0b1000000000000000000000000000000000000000000000000000000000000000"],
        ),
    ]);
}

#[test]
fn floats() {
    refuses(&[
        (
            "bad float: invalid format",
            &[b"a = 1.", b"a = 1.e1", b"a = 1e", b"a = 1e+", b"a = 1._5", b"a = 0x1.5", b"a = 1E_5"],
        ),
        ("bad float: integer part is required before decimal point", &[b"a = .5"]),
        (
            "bad float: `_` must be surrounded by digits",
            &[b"a = 1.0_", b"a = 1.0__1", b"a = 1e5_", b"a = +inf_"],
        ),
        (
            "toml::parse_floating: failed to read floating point value from stream",
            &[b"a = 1e400", b"a = -1e400"],
        ),
        ("toml::parse_table: newline (LF / CRLF) or EOF is expected", &[b"a = 1.5e", b"a = 1.5.5"]),
    ]);
}

#[test]
fn dates_and_times() {
    refuses(&[
        (
            "bad datetime: invalid format",
            &[
                b"a = 2020-1-1",
                b"a = 2020-01",
                b"a = 12:00",
                b"a = 1:00:00",
                b"a = 1-2",
                b"a = -1:00",
                b"a = 0x1-2",
            ],
        ),
        ("bad datetime: missing T or space", &[b"a = 2020-01-011"]),
        (
            "bad time: must be HH:MM:SS.subsec",
            &[
                b"a = 2020-01-01T",
                b"a = 2020-01-01T1:00:00",
                b"a = 2020-01-01t12:00",
                b"a = 2020-01-01 12:00",
            ],
        ),
        (
            "bad offset: must be [+-]HH:MM or Z",
            &[b"a = 2020-01-01T00:00:00+9:00", b"a = 2020-01-01T00:00:00+0900", b"a = 2020-02-30T00:00:00-"],
        ),
        (
            "toml::parse_local_date: invalid date.",
            &[
                b"a = 2023-02-30",
                b"a = 2023-13-01",
                b"a = 2023-00-01",
                b"a = 2023-01-00",
                b"a = 2023-02-29T25:00:00",
            ],
        ),
        (
            "toml::parse_local_time: invalid time.",
            &[b"a = 24:00:00", b"a = 00:60:00", b"a = 2020-01-01T00:00:61Z"],
        ),
        (
            "toml::parse_offset_datetime: too large offset: |hour| <= 24, |minute| <= 60",
            &[b"a = 2020-01-01T00:00:00+25:00", b"a = 2020-01-01T00:00:00-00:61"],
        ),
        (
            "toml::parse_table: newline (LF / CRLF) or EOF is expected",
            &[b"a = 2020-01-01x", b"a = 2020-01-01 x", b"a = 12:00:00.", b"a = 12:00:00Z"],
        ),
    ]);
}
