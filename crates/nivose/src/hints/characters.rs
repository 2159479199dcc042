//! What a character is that a source cannot have where it stands: mostly one that looks like another, from a web page, a
//! text processor or another keyboard.

/// Characters that are met: what they are, and what is meant.
const KNOWN: &[(&[char], &str, &str)] = &[
    (&['\u{feff}'], "a byte order mark", "files are saved without it"),
    (&['\u{a0}', '\u{202f}'], "a no-break space", "words are separated by ' '"),
    (&['\u{3000}'], "an ideographic space", "words are separated by ' '"),
    (&['\u{2002}', '\u{2003}', '\u{2009}'], "a wide or thin space", "words are separated by ' '"),
    (&['\u{200b}', '\u{200c}', '\u{200d}', '\u{2060}'], "a character without width", "it is to be left out"),
    (&['“', '”', '„', '‘', '’', '‚'], "a curly quote", "strings stand between '\"'"),
    (&['–'], "an en dash", "the minus is '-'"),
    (&['—'], "an em dash", "the minus is '-'"),
    (&['‐', '\u{2011}'], "a hyphen", "the one of ASCII is '-'"),
    (&['−'], "a minus sign", "the one of ASCII is '-'"),
    (&['…'], "an ellipsis", "the one of ASCII is '...'"),
];

/// What is said of the character at an offset; nothing if it is plain ASCII.
pub fn on_character(text: &[u8], at: usize) -> Option<String> {
    let rest = text.get(at..)?;
    if at == 0 && (rest.starts_with(b"\xff\xfe") || rest.starts_with(b"\xfe\xff")) {
        return Some(String::from("the source is in UTF-16; files are saved in UTF-8"));
    }
    let character = first_character(rest).filter(|character| !character.is_ascii())?;
    let code = format!("U+{:04X}", u32::from(character));
    let shown = if is_visible(character) { format!("'{character}'") } else { String::from("this") };
    let fullwidth = u8::try_from(u32::from(character).wrapping_sub(0xfee0)).ok().map(char::from);
    let known = KNOWN.iter().find(|(characters, ..)| characters.contains(&character));
    Some(match (known, fullwidth.filter(char::is_ascii_graphic)) {
        (Some((_, what, meant)), _) => format!("{shown} is {code}, {what}; {meant}"),
        (None, Some(ascii)) => {
            format!("{shown} is {code}, a fullwidth character; the one of ASCII is '{ascii}'")
        }
        (None, None) => {
            format!("{shown} is {code}; only strings and comments have characters other than those of ASCII")
        }
    })
}

/// The first character of bytes that are UTF-8 as far as it goes.
fn first_character(bytes: &[u8]) -> Option<char> {
    let bytes = bytes.get(..4).unwrap_or(bytes);
    let valid = bytes.utf8_chunks().next()?.valid();
    valid.chars().next()
}

/// Whether a character can be seen in quotes.
fn is_visible(character: char) -> bool {
    let without_width = matches!(character, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}');
    !(without_width || character.is_whitespace() || character.is_control())
}
