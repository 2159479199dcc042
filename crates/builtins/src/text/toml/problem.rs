//! What is said of a text that is not TOML: each problem with the first line of what toml11 says of it.
//!
//! When each is said is up to the readers; their order of looking follows toml11's where two problems are in one place.

/// What is wrong with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    // Lines, keys and headers.
    Comment,
    Key,
    Separator,
    BehindValue,
    BehindHeader,
    Header,
    ArrayHeader,

    // Arrays and inline tables.
    BehindElement,
    OpenArray,
    BehindMember,
    TrailingComma,

    // What is defined already.
    ValueExists,
    TableExists,
    ArrayExists,
    InlineTable,
    InlineTables,
    InlineTablesHeader,
    DottedIntoTable,
    DottedIntoArray,

    // Strings.
    BasicString,
    LongBasicString,
    LiteralString,
    LongLiteralString,
    Surrogate,
    LargeCodepoint,

    // Words.
    Boolean,
    LowerTrue,
    LowerFalse,
    LowerInf,
    LowerNan,

    // Numbers.
    UnknownValue,
    NoNumberBeforeUnderscore,
    NoNumberBeforePoint,
    LeadingZero,
    LeadingZeroUnderscore,
    DigitBehind,
    IntegerUnderscore,
    FloatUnderscore,
    FloatFormat,
    Hexadecimal,
    Octal,
    Binary,
    LargeDecimal,
    LargeHexadecimal,
    LargeOctal,
    LargeBinary,
    LargeFloat,

    // Dates and times.
    TimestampFormat,
    TimestampDelimiter,
    TimeFormat,
    OffsetFormat,
    Date,
    Time,
    Offset,
}

impl Problem {
    /// What is said of it.
    pub(super) const fn wording(self) -> &'static str {
        match self {
            Self::Comment => "toml::parse_comment_line: newline (LF / CRLF) or EOF is expected",
            Self::Key => {
                "toml::parse_simple_key: invalid key: key must be \"quoted\", 'quoted-literal', or bare key."
            }
            Self::Separator => "toml::parse_key_value_pair: invalid key value separator `=`",
            Self::BehindValue => "toml::parse_table: newline (LF / CRLF) or EOF is expected",
            Self::BehindHeader => "toml::parse_file: newline (or EOF) expected",
            Self::Header => "toml::parse_file: invalid table key",
            Self::ArrayHeader => "toml::parse_file: invalid array-table key",

            Self::BehindElement => "toml::parse_array: expected value-separator `,` or closing `]`",
            Self::OpenArray => "toml::parse_array: missing closing bracket `]`",
            Self::BehindMember => "toml::parse_inline_table: expected value-separator `,` or closing `}`",
            Self::TrailingComma => "toml::parse_inline_table: trailing comma is not allowed in TOML-v1.0.0)",

            Self::ValueExists => "toml::insert_value: failed to insert a value, value already exists",
            Self::TableExists => "toml::insert_value: failed to insert a table, table already defined",
            Self::ArrayExists => {
                "toml::insert_value: failed to insert an array of tables, value already exists"
            }
            Self::InlineTable => "toml::insert_value: failed to insert a value: inline table is immutable",
            Self::InlineTables => "toml::insert_value:inline array of tables are immutable",
            Self::InlineTablesHeader => {
                "toml::insert_value: failed to insert a table, inline array of tables is immutable"
            }
            Self::DottedIntoTable => "toml::insert_value: reopening a table using dotted keys",
            Self::DottedIntoArray => "toml::insert_value:dotted key cannot reopen an array-of-tables",

            Self::BasicString => "toml::parse_basic_string: invalid string format",
            Self::LongBasicString => "toml::parse_ml_basic_string: invalid string format",
            Self::LiteralString => "toml::parse_literal_string: invalid string format",
            Self::LongLiteralString => "toml::parse_ml_literal_string: invalid string format",
            Self::Surrogate => "toml::parse_utf8_codepoint: [0xD800, 0xDFFF] is not a valid UTF-8",
            Self::LargeCodepoint => "toml::parse_utf8_codepoint: input codepoint is too large.",

            Self::Boolean => {
                "toml::parse_boolean: invalid boolean: boolean must be `true` or `false`, in lowercase. \
                 string must be surrounded by `\"`"
            }
            Self::LowerTrue => {
                "toml::parse_value: `true` must be in lowercase. A string must be surrounded by quotes."
            }
            Self::LowerFalse => {
                "toml::parse_value: `false` must be in lowercase. A string must be surrounded by quotes."
            }
            Self::LowerInf => {
                "toml::parse_value: `inf` must be in lowercase. A string must be surrounded by quotes."
            }
            Self::LowerNan => {
                "toml::parse_value: `nan` must be in lowercase. A string must be surrounded by quotes."
            }

            Self::UnknownValue => "bad format: unknown value appeared",
            Self::NoNumberBeforeUnderscore => "bad number: `_` must be surrounded by digits",
            Self::NoNumberBeforePoint => "bad float: integer part is required before decimal point",
            Self::LeadingZero => "bad integer: leading zero",
            Self::LeadingZeroUnderscore => "bad integer: leading zero is not allowed in decimal int",
            Self::DigitBehind => "bad integer: invalid digit after an integer",
            Self::IntegerUnderscore => "bad integer: `_` must be surrounded by digits",
            Self::FloatUnderscore => "bad float: `_` must be surrounded by digits",
            Self::FloatFormat => "bad float: invalid format",
            Self::Hexadecimal => {
                "toml::parse_hex_integer: invalid integer: hex_int must be like: 0xC0FFEE, 0xdead_beef"
            }
            Self::Octal => "toml::parse_oct_integer: invalid integer: oct_int must be like: 0o775, 0o04_44",
            Self::Binary => {
                "toml::parse_bin_integer: invalid integer: bin_int must be like: 0b0101, 0b1111_0000"
            }
            Self::LargeDecimal => "toml::parse_dec_integer: too large integer: current max digits = 2^63",
            Self::LargeHexadecimal => "toml::parse_hex_integer: too large integer: current max value = 2^63",
            Self::LargeOctal => "toml::parse_oct_integer: too large integer: current max value = 2^63",
            Self::LargeBinary => "toml::parse_bin_integer: too large integer: current max value = 2^63",
            Self::LargeFloat => "toml::parse_floating: failed to read floating point value from stream",

            Self::TimestampFormat => "bad datetime: invalid format",
            Self::TimestampDelimiter => "bad datetime: missing T or space",
            Self::TimeFormat => "bad time: must be HH:MM:SS.subsec",
            Self::OffsetFormat => "bad offset: must be [+-]HH:MM or Z",
            Self::Date => "toml::parse_local_date: invalid date.",
            Self::Time => "toml::parse_local_time: invalid time.",
            Self::Offset => "toml::parse_offset_datetime: too large offset: |hour| <= 24, |minute| <= 60",
        }
    }
}
