//! Dates and times.

/// A date or time that was read.
pub(super) struct Timestamp {
    /// Its normal form.
    pub(super) text: String,
    /// How many bytes it took.
    pub(super) length: usize,
}

const INVALID_DATE: &str = "toml::parse_local_date: invalid date.";
const INVALID_TIME: &str = "toml::parse_local_time: invalid time.";
const INVALID_OFFSET: &str = "toml::parse_offset_datetime: invalid offset.";

/// Whether a value that begins with these bytes is meant as a date or a time.
pub(super) fn is_timestamp(text: &[u8]) -> bool {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    matches!((digits, text.get(digits)), (4, Some(b'-')) | (2, Some(b':')))
}

/// Reads a date, a time, or both.
pub(super) fn read(text: &[u8]) -> Result<Timestamp, &'static str> {
    let mut reader = Reader { text, position: 0 };
    let mut normal = String::new();
    if text.get(2) == Some(&b':') {
        reader.time(&mut normal)?;
    } else {
        reader.date(&mut normal)?;
        if reader.has_time() {
            reader.position += 1;
            normal.push('T');
            reader.time(&mut normal)?;
            reader.offset(&mut normal)?;
        }
    }
    Ok(Timestamp { text: normal, length: reader.position })
}

struct Reader<'t> {
    text: &'t [u8],
    position: usize,
}

impl Reader<'_> {
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.get(self.position + ahead).copied()
    }

    /// Reads exactly so many digits.
    fn number(&mut self, digits: usize) -> Option<u32> {
        let end = self.position + digits;
        let text = self.text.get(self.position..end)?;
        self.position = end;
        text.iter().try_fold(0, |number, &byte| Some(number * 10 + char::from(byte).to_digit(10)?))
    }

    fn byte(&mut self, wanted: u8) -> Option<()> {
        let found = self.peek(0) == Some(wanted);
        self.position += usize::from(found);
        found.then_some(())
    }

    fn date(&mut self, normal: &mut String) -> Result<(), &'static str> {
        let (year, month, day) = self.date_parts().ok_or(INVALID_DATE)?;
        if day == 0 || day > days_in_month(year, month) {
            return Err(INVALID_DATE);
        }
        *normal += &format!("{year:04}-{month:02}-{day:02}");
        Ok(())
    }

    fn date_parts(&mut self) -> Option<(u32, u32, u32)> {
        let year = self.number(4)?;
        self.byte(b'-')?;
        let month = self.number(2)?;
        self.byte(b'-')?;
        Some((year, month, self.number(2)?))
    }

    /// Whether a time follows the date; a space separates them only if a digit comes next.
    fn has_time(&self) -> bool {
        match self.peek(0) {
            Some(b'T' | b't') => true,
            Some(b' ') => self.peek(1).is_some_and(|byte| byte.is_ascii_digit()),
            _ => false,
        }
    }

    fn time(&mut self, normal: &mut String) -> Result<(), &'static str> {
        let (hour, minute, second) = self.time_parts().ok_or(INVALID_TIME)?;
        if hour > 23 || minute > 59 || second > 60 {
            return Err(INVALID_TIME);
        }
        *normal += &format!("{hour:02}:{minute:02}:{second:02}");
        if self.byte(b'.').is_some() {
            *normal += &self.fraction().ok_or(INVALID_TIME)?;
        }
        Ok(())
    }

    fn time_parts(&mut self) -> Option<(u32, u32, u32)> {
        let hour = self.number(2)?;
        self.byte(b':')?;
        let minute = self.number(2)?;
        self.byte(b':')?;
        Some((hour, minute, self.number(2)?))
    }

    /// Reads the digits of a fraction: nothing if it is zero to nine digits, else three, six or nine digits.
    fn fraction(&mut self) -> Option<String> {
        let rest = self.text.get(self.position..)?;
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 {
            return None;
        }
        self.position += digits;
        let kept = rest.get(..digits.min(9))?;
        let mut shown: String = kept.iter().copied().map(char::from).collect();
        while shown.len() < 9 {
            shown.push('0');
        }
        while let Some(shorter) = shown.strip_suffix("000") {
            shown.truncate(shorter.len());
        }
        Some(if shown.is_empty() { shown } else { format!(".{shown}") })
    }

    fn offset(&mut self, normal: &mut String) -> Result<(), &'static str> {
        let sign = match self.peek(0) {
            Some(b'Z' | b'z') => {
                self.position += 1;
                normal.push('Z');
                return Ok(());
            }
            Some(sign @ (b'+' | b'-')) => sign,
            _ => return Ok(()),
        };
        self.position += 1;
        let (hour, minute) = self.offset_parts().ok_or(INVALID_OFFSET)?;
        if hour > 23 || minute > 59 {
            return Err(INVALID_OFFSET);
        }
        match (hour, minute) {
            (0, 0) => normal.push('Z'),
            _ => *normal += &format!("{}{hour:02}:{minute:02}", char::from(sign)),
        }
        Ok(())
    }

    fn offset_parts(&mut self) -> Option<(u32, u32)> {
        let hour = self.number(2)?;
        self.byte(b':')?;
        Some((hour, self.number(2)?))
    }
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
