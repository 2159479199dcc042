//! Dates and times.

use std::ops::Range;

use super::problem::Problem;
use super::split;

/// How dates, times and offsets are written, with a `0` for each digit.
const DATE: &[u8] = b"0000-00-00";
const TIME: &[u8] = b"00:00:00";
const OFFSETS: [&[u8]; 2] = [b"+00:00", b"-00:00"];

/// Reads the date, the time or both that a text begins with: their normal form, and how long they are. Nothing if the
/// text begins with neither.
pub(super) fn read(text: &[u8]) -> Result<Option<(String, usize)>, Problem> {
    if has_form(text, TIME) {
        let (time, _) = split(text, time_length(text));
        return Ok(Some((normal_time(time)?, time.len())));
    }
    if has_form(text, DATE) { from_date(text).map(Some) } else { Ok(None) }
}

fn has_form(text: &[u8], form: &[u8]) -> bool {
    let fits =
        |(byte, wanted): (&u8, &u8)| if *wanted == b'0' { byte.is_ascii_digit() } else { byte == wanted };
    text.len() >= form.len() && text.iter().zip(form).all(fits)
}

/// Reads what begins with a date.
fn from_date(text: &[u8]) -> Result<(String, usize), Problem> {
    let (date, behind) = split(text, DATE.len());
    match behind {
        [b'T' | b't' | b' ', time @ ..] if has_form(time, TIME) => date_and_time(date, time),
        [b'T' | b't', ..] | [b' ', b'0'..=b'9', ..] => Err(Problem::TimeFormat),
        [b'0'..=b'9', ..] => Err(Problem::TimestampDelimiter),
        _ => Ok((normal_date(date)?, date.len())),
    }
}

fn date_and_time(date: &[u8], text: &[u8]) -> Result<(String, usize), Problem> {
    let (time, behind) = split(text, time_length(text));
    let (offset, _) = split(behind, offset_length(behind)?);
    let normal = format!("{}T{}{}", normal_date(date)?, normal_time(time)?, normal_offset(offset)?);
    Ok((normal, date.len() + 1 + time.len() + offset.len()))
}

/// The length of a time with its fraction.
fn time_length(text: &[u8]) -> usize {
    let (time, behind) = split(text, TIME.len());
    let digits = match behind {
        [b'.', fraction @ ..] => fraction.iter().take_while(|byte| byte.is_ascii_digit()).count(),
        _ => 0,
    };
    time.len() + if digits == 0 { 0 } else { 1 + digits }
}

/// The length of an offset; nothing if there is none.
fn offset_length(text: &[u8]) -> Result<usize, Problem> {
    match text {
        [b'Z' | b'z', ..] => Ok(1),
        [b'+' | b'-', ..] => OFFSETS
            .iter()
            .find(|form| has_form(text, form))
            .map(|form| form.len())
            .ok_or(Problem::OffsetFormat),
        _ => Ok(0),
    }
}

fn number(text: &[u8], digits: Range<usize>) -> u32 {
    let digits = text.get(digits).unwrap_or_default();
    digits.iter().fold(0, |number, byte| number * 10 + u32::from(byte.wrapping_sub(b'0')))
}

fn normal_date(date: &[u8]) -> Result<String, Problem> {
    let (year, month, day) = (number(date, 0..4), number(date, 5..7), number(date, 8..10));
    if day == 0 || day > days_in_month(year, month) {
        return Err(Problem::Date);
    }
    Ok(format!("{year:04}-{month:02}-{day:02}"))
}

fn normal_time(time: &[u8]) -> Result<String, Problem> {
    let (hour, minute, second) = (number(time, 0..2), number(time, 3..5), number(time, 6..8));
    if hour > 23 || minute > 59 || second > 60 {
        return Err(Problem::Time);
    }
    let fraction = normal_fraction(time.get(TIME.len() + 1..).unwrap_or_default());
    Ok(format!("{hour:02}:{minute:02}:{second:02}{fraction}"))
}

/// The digits of a fraction: nothing if it is zero to nine digits, else three, six or nine digits.
fn normal_fraction(digits: &[u8]) -> String {
    let mut shown: String = digits.iter().take(9).copied().map(char::from).collect();
    while shown.len() < 9 {
        shown.push('0');
    }
    while let Some(shorter) = shown.strip_suffix("000") {
        shown.truncate(shorter.len());
    }
    if shown.is_empty() { shown } else { format!(".{shown}") }
}

fn normal_offset(offset: &[u8]) -> Result<String, Problem> {
    let (hour, minute) = (number(offset, 1..3), number(offset, 4..6));
    if hour > 24 || minute > 60 {
        return Err(Problem::Offset);
    }
    Ok(match (offset.first(), hour * 60 + minute) {
        (None, _) => String::new(),
        (Some(&sign @ (b'+' | b'-')), minutes @ 1..) => {
            format!("{}{:02}:{:02}", char::from(sign), minutes / 60, minutes % 60)
        }
        _ => "Z".to_owned(),
    })
}

fn days_in_month(year: u32, month: u32) -> u32 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    }
}
