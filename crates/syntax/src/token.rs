//! The kinds of tokens and the names under which messages speak of them.

/// The kind of a token. Those up to [`TokenKind::Rec`] can begin a simple expression.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub(crate) enum TokenKind {
    Identifier,
    Integer,
    Float,
    Quote,
    IndentedOpen,
    Path,
    PathBeginning,
    HomePath,
    SearchPath,
    Uri,
    LeftParenthesis,
    LeftBracket,
    LeftBrace,
    Let,
    Rec,
    // What follows cannot begin a simple expression.
    If,
    Then,
    Else,
    Assert,
    With,
    In,
    Inherit,
    Or,
    DollarBrace,
    Ellipsis,
    RightParenthesis,
    RightBracket,
    RightBrace,
    Semicolon,
    Colon,
    Comma,
    At,
    Assign,
    Dot,
    // Operators.
    Question,
    Not,
    Plus,
    Minus,
    Star,
    Slash,
    PlusPlus,
    SlashSlash,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    More,
    MoreOrEqual,
    AndAnd,
    OrOr,
    Arrow,
    PipeRight,
    PipeLeft,
    // What is only ever met or awaited in messages, and the end.
    IndentedText,
    IndentedClose,
    Invalid,
    EndOfFile,
}

impl TokenKind {
    /// Whether a simple expression (a list element, an argument) can begin so.
    pub(crate) fn begins_simple(self) -> bool {
        self <= TokenKind::Rec
    }

    /// The name in messages, as C++ Nix 2.36 prints it.
    pub(crate) fn name(self) -> &'static str {
        use TokenKind::*;
        match self {
            Identifier => "identifier",
            Integer => "integer",
            Float => "floating-point literal",
            Quote => "'\"'",
            IndentedOpen => "start of an indented string",
            IndentedText => "indented string",
            IndentedClose => "end of an indented string",
            Path | PathBeginning => "path",
            HomePath => "'~/…' path",
            SearchPath => "'<…>' path",
            Uri => "URI",
            Invalid => "invalid token",
            EndOfFile => "end of file",
            _ => self.quoted(),
        }
    }

    /// The name of a token that is named by its text.
    fn quoted(self) -> &'static str {
        use TokenKind::*;
        match self {
            LeftParenthesis => "'('",
            LeftBracket => "'['",
            LeftBrace => "'{'",
            RightParenthesis => "')'",
            RightBracket => "']'",
            RightBrace => "'}'",
            DollarBrace => "'${'",
            Ellipsis => "'...'",
            Semicolon => "';'",
            Colon => "':'",
            Comma => "','",
            At => "'@'",
            Assign => "'='",
            Dot => "'.'",
            _ => self.word_or_operator(),
        }
    }

    /// The name of a keyword or operator.
    fn word_or_operator(self) -> &'static str {
        use TokenKind::*;
        match self {
            Let => "'let'",
            Rec => "'rec'",
            If => "'if'",
            Then => "'then'",
            Else => "'else'",
            Assert => "'assert'",
            With => "'with'",
            In => "'in'",
            Inherit => "'inherit'",
            Or => "'or'",
            Question => "'?'",
            Not => "'!'",
            Plus => "'+'",
            Minus => "'-'",
            Star => "'*'",
            Slash => "'/'",
            PlusPlus => "'++'",
            SlashSlash => "'//'",
            Equal => "'=='",
            NotEqual => "'!='",
            Less => "'<'",
            LessOrEqual => "'<='",
            More => "'>'",
            MoreOrEqual => "'>='",
            AndAnd => "'&&'",
            OrOr => "'||'",
            Arrow => "'->'",
            PipeRight => "'|>'",
            PipeLeft => "'<|'",
            _ => "",
        }
    }
}

/// A token: its kind and where it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) start: u32,
    pub(crate) end: u32,
}
