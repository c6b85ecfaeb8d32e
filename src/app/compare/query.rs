//! A small language to choose runs by: `optim = adam and lr < 0.01 and acc > 0.99`.
//!
//! `or` binds least, then `and`, then `not`; brackets group. A comparison is a name, one of `= != < <= > >= ~` and a
//! value; `~` looks for a part of the text. A word by itself is looked for in names, ids and tags.

use super::fields::field;
use crate::app::runs::Run;

/// What a run has to be.
#[derive(Clone, Debug, PartialEq)]
pub enum Query {
    /// Anything.
    All,
    /// Both.
    And(Box<Self>, Box<Self>),
    /// Either.
    Or(Box<Self>, Box<Self>),
    /// Not so.
    Not(Box<Self>),
    /// A field that stands so to a value.
    Compare(String, Op, String),
    /// A word in name, id or tags, in small letters.
    Word(String),
}

/// How a field stands to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// The same.
    Is,
    /// Not the same.
    IsNot,
    /// Less.
    Less,
    /// Less or the same.
    AtMost,
    /// More.
    More,
    /// More or the same.
    AtLeast,
    /// The value is a part of it.
    Has,
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Op(Op),
    Open,
    Close,
}

impl Query {
    /// Reads a query; nothing means every run.
    ///
    /// # Errors
    /// What cannot be understood, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let tokens = tokens(text)?;
        if tokens.is_empty() {
            return Ok(Self::All);
        }
        let mut rest = tokens.as_slice();
        let query = either(&mut rest, 0)?;
        match rest.first() {
            None => Ok(query),
            Some(Token::Close) => Err("there is a closing bracket too many".to_owned()),
            Some(_) => Err("put 'and' or 'or' between two conditions".to_owned()),
        }
    }

    /// Whether a run is so.
    pub fn fits(&self, run: &Run) -> bool {
        match self {
            Self::All => true,
            Self::And(a, b) => a.fits(run) && b.fits(run),
            Self::Or(a, b) => a.fits(run) || b.fits(run),
            Self::Not(query) => !query.fits(run),
            Self::Compare(name, op, value) => match field(run, name) {
                Some(found) => op.holds(&found, value),
                // What a run has not got is not the value.
                None => *op == Op::IsNot,
            },
            Self::Word(word) => {
                let has = |text: &str| text.to_lowercase().contains(word);
                has(&run.meta.name) || has(&run.id) || run.meta.tags.iter().any(|tag| has(tag))
            }
        }
    }
}

impl Op {
    /// As numbers where both are such, otherwise as text without regard to capitals.
    fn holds(self, found: &str, wanted: &str) -> bool {
        if let (Some(a), Some(b)) = (number(found), number(wanted)) {
            let same = (a - b).abs() <= 1e-9 * a.abs().max(b.abs());
            return match self {
                Self::Is => same,
                Self::IsNot => !same,
                Self::Less => a < b && !same,
                Self::AtMost => a < b || same,
                Self::More => a > b && !same,
                Self::AtLeast => a > b || same,
                Self::Has => found.contains(wanted),
            };
        }
        let (a, b) = (found.to_lowercase(), wanted.to_lowercase());
        match self {
            Self::Is => a == b,
            Self::IsNot => a != b,
            Self::Less => a < b,
            Self::AtMost => a <= b,
            Self::More => a > b,
            Self::AtLeast => a >= b,
            Self::Has => a.contains(&b),
        }
    }
}

/// A number, where `99 %` and `99%` are 0.99.
fn number(text: &str) -> Option<f64> {
    match text.strip_suffix('%') {
        Some(share) => share.trim().parse::<f64>().ok().map(|share| share / 100.0),
        None => text.parse().ok(),
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let mut then = |wanted: char| letters.next_if_eq(&wanted).is_some();
        tokens.push(match letter {
            c if c.is_whitespace() => continue,
            '(' => Token::Open,
            ')' => Token::Close,
            '=' => {
                then('=');
                Token::Op(Op::Is)
            }
            // "99 %" with a blank is one word.
            '%' if matches!(tokens.last(), Some(Token::Word(word)) if word.parse::<f64>().is_ok()) => {
                if let Some(Token::Word(word)) = tokens.last_mut() {
                    word.push('%');
                }
                continue;
            }
            '~' => Token::Op(Op::Has),
            '!' if then('=') => Token::Op(Op::IsNot),
            '!' => Token::Word("not".to_owned()),
            '<' => Token::Op(if then('=') { Op::AtMost } else { Op::Less }),
            '>' => Token::Op(if then('=') { Op::AtLeast } else { Op::More }),
            '"' | '\'' => {
                let word: String = letters.by_ref().take_while(|c| *c != letter).collect();
                Token::Word(word)
            }
            first => {
                let mut word = first.to_string();
                while let Some(next) = letters.next_if(|c| !c.is_whitespace() && !"()=~!<>\"'".contains(*c)) {
                    word.push(next);
                }
                Token::Word(word)
            }
        });
    }
    if tokens.len() > 200 {
        return Err("that is too long".to_owned());
    }
    Ok(tokens)
}

fn keyword(rest: &[Token], wanted: &str) -> bool {
    matches!(rest.first(), Some(Token::Word(word)) if word.eq_ignore_ascii_case(wanted))
}

fn either(rest: &mut &[Token], depth: usize) -> Result<Query, String> {
    let mut query = both(rest, depth)?;
    while keyword(rest, "or") {
        *rest = &rest[1..];
        query = Query::Or(Box::new(query), Box::new(both(rest, depth)?));
    }
    Ok(query)
}

fn both(rest: &mut &[Token], depth: usize) -> Result<Query, String> {
    let mut query = one(rest, depth)?;
    while keyword(rest, "and") {
        *rest = &rest[1..];
        query = Query::And(Box::new(query), Box::new(one(rest, depth)?));
    }
    Ok(query)
}

fn one(rest: &mut &[Token], depth: usize) -> Result<Query, String> {
    if depth > 50 {
        return Err("there are too many brackets".to_owned());
    }
    if keyword(rest, "not") {
        *rest = &rest[1..];
        return Ok(Query::Not(Box::new(one(rest, depth + 1)?)));
    }
    match *rest {
        [Token::Open, inside @ ..] => {
            *rest = inside;
            let query = either(rest, depth + 1)?;
            match *rest {
                [Token::Close, after @ ..] => {
                    *rest = after;
                    Ok(query)
                }
                _ => Err("a bracket is not closed".to_owned()),
            }
        }
        [Token::Word(name), Token::Op(op), Token::Word(value), after @ ..] => {
            *rest = after;
            Ok(Query::Compare(name.to_lowercase(), *op, value.clone()))
        }
        [Token::Word(name), Token::Op(_), ..] => Err(format!("a value is missing after '{name}'")),
        [Token::Word(word), after @ ..] => {
            *rest = after;
            Ok(Query::Word(word.to_lowercase()))
        }
        [Token::Op(_), ..] => Err("a name is missing before a comparison".to_owned()),
        [Token::Close, ..] => Err("there is a closing bracket too many".to_owned()),
        [] => Err("a condition is missing at the end".to_owned()),
    }
}
