//! From text to entries.
//!
//! Knows the grammar and its bounds: the time taken grows with the length of the string, whatever it
//! holds. Must never know sizes or platforms.
//!
//! Source: PEP 3118, "Additions to the struct string-syntax", with the spellings that exporters really
//! emit (an order mark on either side of a shape, `&(3)<i`).

use super::code::{Code, Order};
use super::error::{Fault, FormatError, MAX_AXES, MAX_DEPTH, MAX_LENGTH, MAX_SIZE};
use super::syntax::{Entry, Item, Name};

/// Parses a whole string.
pub(super) fn parse(text: &str) -> Result<Vec<Entry>, FormatError> {
    if text.len() > MAX_LENGTH {
        return Err(FormatError::new(Fault::TooLong, text, 0));
    }
    if let Some(at) = text.find('\0') {
        return Err(FormatError::new(Fault::NulCharacter, text, at));
    }
    // The struct module reads a lone order mark as an empty item.
    if let [mark] = text.trim_matches(is_space).as_bytes()
        && Order::from_mark(*mark).is_some()
    {
        return Ok(Vec::new());
    }
    let mut parser = Parser {
        text,
        at: 0,
        depth: 0,
    };
    let entries = parser.entries()?;
    match parser.peek() {
        None => Ok(entries),
        Some(b'}') => Err(parser.error(Fault::UnopenedBrace)),
        Some(_) => Err(parser.error(Fault::UnknownCode)),
    }
}

/// C's `isspace`, which the struct module asks.
pub(super) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\x0b' | '\x0c' | '\r')
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn error(&self, fault: Fault) -> FormatError {
        FormatError::new(fault, self.text, self.at)
    }

    fn error_at(&self, fault: Fault, at: usize) -> FormatError {
        FormatError::new(fault, self.text, at)
    }

    fn eat(&mut self, wanted: u8) -> bool {
        let there = self.peek() == Some(wanted);
        self.at += usize::from(there);
        there
    }

    fn skip_space(&mut self) -> bool {
        let start = self.at;
        while self.peek().is_some_and(|byte| is_space(char::from(byte))) {
            self.at += 1;
        }
        self.at > start
    }

    /// Entries up to the end, a closing brace, or the arrow of a function.
    fn entries(&mut self) -> Result<Vec<Entry>, FormatError> {
        let mut entries: Vec<Entry> = Vec::new();
        loop {
            self.skip_space();
            match self.peek() {
                None | Some(b'}' | b'-') => return Ok(entries),
                Some(b':') => return Err(self.error(Fault::StrayName)),
                Some(_) => {}
            }
            let mut entry = self.entry()?;
            entry.name = self.name()?;
            match entries.last_mut() {
                Some(last) if joins(last, &entry) => last.count = grown(last, &entry),
                Some(_) | None => entries.push(entry),
            }
        }
    }

    /// An entry without its name.
    fn entry(&mut self) -> Result<Entry, FormatError> {
        let at = self.at;
        let before = self.order();
        let shape = self.shape()?;
        let behind = self.order();
        let count = self.number(Fault::CountTooLarge)?;
        if count.is_some() && self.skip_space() {
            return Err(self.error_at(Fault::SpaceAfterCount, self.at - 1));
        }
        let item = self.item()?;
        Ok(Entry {
            at,
            order: behind.or(before),
            shape,
            count,
            item,
            name: None,
        })
    }

    fn order(&mut self) -> Option<Order> {
        let order = self.peek().and_then(Order::from_mark);
        if order.is_some() {
            self.at += 1;
            self.skip_space();
        }
        order
    }

    fn shape(&mut self) -> Result<Vec<u64>, FormatError> {
        let start = self.at;
        let mut shape = Vec::new();
        if !self.eat(b'(') {
            return Ok(shape);
        }
        loop {
            self.skip_space();
            let axis = self.number(Fault::CountTooLarge)?;
            shape.push(axis.ok_or_else(|| self.error(Fault::BadShape))?);
            if shape.len() > MAX_AXES {
                return Err(self.error_at(Fault::TooManyAxes, start));
            }
            self.skip_space();
            if self.eat(b')') {
                self.skip_space();
                return Ok(shape);
            }
            if !self.eat(b',') {
                return Err(self.error(Fault::BadShape));
            }
        }
    }

    fn number(&mut self, too_large: Fault) -> Result<Option<u64>, FormatError> {
        let start = self.at;
        let mut number = 0_u64;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            number = number
                .checked_mul(10)
                .and_then(|tens| tens.checked_add(u64::from(digit - b'0')))
                .filter(|number| *number <= MAX_SIZE)
                .ok_or_else(|| self.error_at(too_large, start))?;
            self.at += 1;
        }
        Ok((self.at > start).then_some(number))
    }

    fn item(&mut self) -> Result<Item, FormatError> {
        let at = self.at;
        match self.peek() {
            None | Some(b'}' | b':' | b'-') => Err(self.error(Fault::MissingCode)),
            Some(b'T') => {
                self.at += 1;
                self.open(Fault::BadStruct)?;
                let fields = self.nested(at, Parser::entries)?;
                self.close(at)?;
                Ok(Item::Struct(fields))
            }
            Some(b'&') => {
                self.at += 1;
                self.skip_space();
                let target = self.nested(at, Parser::entry)?;
                Ok(Item::Pointer(Box::new(target)))
            }
            Some(b'X') => {
                self.at += 1;
                self.open(Fault::BadFunction)?;
                let (arguments, result) = self.nested(at, Parser::signature)?;
                self.close(at)?;
                Ok(Item::Function(arguments, result))
            }
            Some(b'Z') => {
                let code = self.text.get(at..at + 2).and_then(Code::find);
                self.at += 1;
                let code = code.ok_or_else(|| self.error(Fault::BadComplex))?;
                self.at += 1;
                Ok(Item::Code(code, at))
            }
            Some(_) => {
                let code = self.text.get(at..=at).and_then(Code::find);
                let code = code.ok_or_else(|| self.error(Fault::UnknownCode))?;
                self.at += 1;
                Ok(Item::Code(code, at))
            }
        }
    }

    fn nested<T>(
        &mut self,
        at: usize,
        inside: impl FnOnce(&mut Self) -> Result<T, FormatError>,
    ) -> Result<T, FormatError> {
        if self.depth == MAX_DEPTH {
            return Err(self.error_at(Fault::TooDeep, at));
        }
        self.depth += 1;
        let result = inside(self);
        self.depth -= 1;
        result
    }

    fn signature(&mut self) -> Result<(Vec<Entry>, Vec<Entry>), FormatError> {
        let arguments = self.entries()?;
        if self.eat(b'-') {
            if !self.eat(b'>') {
                return Err(self.error(Fault::BadFunction));
            }
            return Ok((arguments, self.entries()?));
        }
        if arguments.is_empty() || self.peek().is_none() {
            return Ok((arguments, Vec::new()));
        }
        Err(self.error(Fault::BadFunction))
    }

    fn open(&mut self, fault: Fault) -> Result<(), FormatError> {
        if self.eat(b'{') {
            Ok(())
        } else {
            Err(self.error(fault))
        }
    }

    fn close(&mut self, opened: usize) -> Result<(), FormatError> {
        match self.peek() {
            Some(b'}') => {
                self.at += 1;
                Ok(())
            }
            None => Err(self.error_at(Fault::UnclosedBrace, opened)),
            Some(_) => Err(self.error(Fault::UnknownCode)),
        }
    }

    fn name(&mut self) -> Result<Option<Name>, FormatError> {
        self.skip_space();
        let opened = self.at;
        if !self.eat(b':') {
            return Ok(None);
        }
        let rest = self.text.get(self.at..).unwrap_or_default();
        let length = rest
            .find(':')
            .ok_or_else(|| self.error_at(Fault::UnclosedName, opened))?;
        let name = Name {
            at: self.at,
            text: rest.get(..length).unwrap_or_default().to_owned(),
        };
        self.at += length + 1;
        Ok(Some(name))
    }
}

/// Whether a gap continues the gap before it: `NumPy` writes one `x` for each byte of padding.
fn joins(last: &Entry, entry: &Entry) -> bool {
    last.is_gap()
        && entry.is_gap()
        && last.shape.is_empty()
        && entry.shape.is_empty()
        && entry.order.is_none()
        && grown(last, entry).is_some()
}

fn grown(last: &Entry, entry: &Entry) -> Option<u64> {
    last.count
        .unwrap_or(1)
        .checked_add(entry.count.unwrap_or(1))
        .filter(|total| *total <= MAX_SIZE)
}
