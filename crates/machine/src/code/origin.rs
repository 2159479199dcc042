//! What can be told of a code from its source, be it compiled or not.

use nivose_base::Pos;
use nivose_bytecode::chunk::LambdaInfo;

use super::CodeId;
use crate::shared::Shared;

impl Shared {
    /// Where the function or suspended expression of a code was written, and its text.
    pub fn source_text(&self, id: CodeId) -> Option<(Pos, &[u8])> {
        self.blueprint_text(id, self.codes.origin(id).blueprint)
    }

    /// The same for another blueprint of the unit of a code.
    pub fn blueprint_text(&self, id: CodeId, blueprint: u32) -> Option<(Pos, &[u8])> {
        let unit = self.codes.unit_of(id);
        let span = self.front_end.span(unit.front_end_unit, blueprint)?;
        let text = &self.sources.source_of(unit.base)?.text;
        let text = without_parentheses(text.get(span.start as usize..span.end as usize)?);
        Some((self.codes.pos(id, span.start), text))
    }

    /// What is known of a function, be it compiled or not; `None` for the code of a thunk.
    pub fn lambda_info(&self, id: CodeId) -> Option<LambdaInfo> {
        if self.codes.get(id).is_ready() {
            return self.codes.lambda(id).cloned();
        }
        let unit = self.codes.unit_of(id).front_end_unit;
        self.front_end.lambda_info(unit, self.codes.origin(id).blueprint)
    }
}

/// A piece of source text without the parentheses around the whole of it.
fn without_parentheses(mut text: &[u8]) -> &[u8] {
    while let [b'(', inner @ .., b')'] = text {
        let mut depth = 0_i64;
        let closes_early = inner.iter().any(|byte| {
            depth += i64::from(*byte == b'(') - i64::from(*byte == b')');
            depth < 0
        });
        if closes_early {
            break;
        }
        text = inner.trim_ascii();
    }
    text
}
