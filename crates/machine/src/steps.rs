//! What a frame of code was doing when an error came through it, for traces. It is read off the
//! instructions around the frame's place, and only once there is an error: nothing is kept for it.
//!
//! The wording is C++ Nix's. What the instructions do not tell (which of two operators an
//! instruction stands for) is not said.

use nivose_base::{DiagnosticId, Symbols, TraceFrame, TraceNote};
use nivose_bytecode::Instruction;
use nivose_bytecode::decode::{Decoded, Operand, decode, instructions};

use crate::code::Code;

/// What the code was doing when an error came through it: evaluating an attribute, an operand, a condition.
#[cold]
pub(crate) fn steps(code: &Code, symbols: &Symbols, place: TraceNote, id: DiagnosticId) -> Vec<TraceFrame> {
    if let Some((failed, message)) = failed(code, place, id) {
        return vec![TraceFrame::new(message, code.pos_at(failed.offset))];
    }
    let selected = Some(place).filter(|place| place.again).and_then(|_| selected(code, symbols, place.pc));
    let selected = selected.map(|message| TraceFrame::new(message, code.pos_at(place.pc.saturating_sub(1))));
    let used = use_of(code, place).map(|(user, message)| TraceFrame::new(message, code.pos_at(user.offset)));
    selected.into_iter().chain(used).collect()
}

/// The number of arguments of the call at a code offset, if there is one.
pub(crate) fn call_at(code: &Code, pc: u32) -> Option<u32> {
    let call = decode(&code.bytes, pc).ok()?;
    match (call.instruction, call.operands.first()) {
        (Instruction::Call, _) => Some(1),
        (Instruction::CallN | Instruction::TailCall, Some(&Operand::Count(count))) => Some(count),
        _ => None,
    }
}

/// What the instruction before `pc` was doing, if it may have failed by itself.
fn failed(code: &Code, place: TraceNote, id: DiagnosticId) -> Option<(Decoded, &'static str)> {
    let may_fail = matches!(id, DiagnosticId::UnexpectedType | DiagnosticId::CannotCoerce);
    if place.again || !may_fail {
        return None;
    }
    let failed = before(code, place.pc).last()?;
    operand_of(code, &failed).map(|message| (failed, message))
}

/// The instructions that begin before a code offset.
fn before(code: &Code, pc: u32) -> impl Iterator<Item = Decoded> {
    instructions(&code.bytes).map_while(Result::ok).take_while(move |decoded| decoded.offset < pc)
}

/// What the value that is being evaluated is for, and the instruction that takes it: the one at `pc`, or after those
/// that only pass it on.
fn use_of(code: &Code, place: TraceNote) -> Option<(Decoded, &'static str)> {
    let mut user = decode(&code.bytes, place.pc).ok()?;
    while passes_on(code, &user) {
        user = decode(&code.bytes, user.next).ok()?;
    }
    if user.instruction == Instruction::AttrsUpdate && user.offset == place.pc && !place.again {
        return Some((user, RIGHT_OF_UPDATE));
    }
    operand_of(code, &user).map(|message| (user, message))
}

fn passes_on(code: &Code, decoded: &Decoded) -> bool {
    use Instruction::{AttrsUpdate, CloseScope, Force, GetLocal, GetLocalForced, GetUpvalueForced};
    match decoded.instruction {
        CloseScope | Force | GetLocalForced | GetUpvalueForced => true,
        // The right operand of an update, which was evaluated before the left one.
        GetLocal => decode(&code.bytes, decoded.next).is_ok_and(|next| next.instruction == AttrsUpdate),
        _ => false,
    }
}

/// What the value is of which an instruction takes.
fn operand_of(code: &Code, user: &Decoded) -> Option<&'static str> {
    Some(match user.instruction {
        Instruction::BranchIfFalse | Instruction::BranchIfFalseWide => branch(code, user),
        Instruction::JumpIfFalse | Instruction::JumpIfFalseWide => match target(code, user)?.instruction {
            Instruction::AssertBool => "in the left operand of the AND (&&) operator",
            _ => branch(code, user),
        },
        Instruction::JumpIfTrue | Instruction::JumpIfTrueWide => {
            "in the left operand of the OR (||) operator"
        }
        Instruction::Invert => return inverted(code, user),
        Instruction::AssertBool => return right_of_logical(code, user),
        Instruction::AssertAttrs if checks_argument(code, user) => ARGUMENT,
        Instruction::AssertAttrs => RIGHT_OF_UPDATE,
        Instruction::AttrsUpdate => side_of_update(code, user),
        Instruction::Concat => "while evaluating one of the elements to concatenate",
        Instruction::CoerceToString => "while evaluating a path segment",
        Instruction::Select | Instruction::AttrsSelect => "while selecting an attribute",
        Instruction::TakeFormals => ARGUMENT,
        Instruction::ResolveWith | Instruction::ResolveWithName => {
            "while evaluating the first subexpression of a with expression"
        }
        _ => return None,
    })
}

const ARGUMENT: &str = "while evaluating the value passed for the lambda argument";
const LEFT_OF_UPDATE: &str = "in the left operand of the update (//) operator";
const RIGHT_OF_UPDATE: &str = "in the right operand of the update (//) operator";

/// Whether a check is that of the argument of a function with formals: its second instruction then.
fn checks_argument(code: &Code, check: &Decoded) -> bool {
    code.has_formals && before(code, check.offset).count() == 1
}

/// The operand that is no set, or has to be forced: the left one, unless that is the set that a pair of braces makes.
fn side_of_update(code: &Code, update: &Decoded) -> &'static str {
    match before(code, update.offset).last().map(|before| before.instruction) {
        Some(Instruction::GetLocal | Instruction::AttrsKeys | Instruction::Attrs) => LEFT_OF_UPDATE,
        _ => RIGHT_OF_UPDATE,
    }
}

/// What is inverted: the operand of `!` or the left side of `->`; for `!=` the result of a comparison, which is no operand.
fn inverted(code: &Code, invert: &Decoded) -> Option<&'static str> {
    if before(code, invert.offset).last().is_some_and(|before| before.instruction == Instruction::Equal) {
        return None;
    }
    let next = decode(&code.bytes, invert.next).ok()?;
    Some(match next.instruction {
        Instruction::JumpIfTrue | Instruction::JumpIfTrueWide => {
            "in the left operand of the IMPL (->) operator"
        }
        _ => "in the argument of the not operator",
    })
}

/// The right operand of the operator whose left one jumps to this check.
fn right_of_logical(code: &Code, check: &Decoded) -> Option<&'static str> {
    let mut inverts = false;
    let mut operator = None;
    for decoded in before(code, check.offset) {
        if decoded.operands.contains(&Operand::Target(check.offset)) {
            operator = match decoded.instruction {
                Instruction::JumpIfFalse | Instruction::JumpIfFalseWide => {
                    Some("in the right operand of the AND (&&) operator")
                }
                _ if inverts => Some("in the right operand of the IMPL (->) operator"),
                _ => Some("in the right operand of the OR (||) operator"),
            };
        }
        inverts = decoded.instruction == Instruction::Invert;
    }
    operator
}

/// The condition of an `if` or of an `assert`: the branch not taken of that one leads straight to its failure.
fn branch(code: &Code, branch: &Decoded) -> &'static str {
    use Instruction::{AssertFail, BranchIfFalse, BranchIfFalseWide, JumpIfFalse, JumpIfFalseWide, Return};
    let mut next = target(code, branch);
    while let Some(decoded) = next {
        match decoded.instruction {
            AssertFail => return "in the condition of the assert statement",
            BranchIfFalse | BranchIfFalseWide | JumpIfFalse | JumpIfFalseWide | Return => break,
            _ => next = decode(&code.bytes, decoded.next).ok(),
        }
    }
    "while evaluating a branch condition"
}

fn target(code: &Code, jump: &Decoded) -> Option<Decoded> {
    let target = jump.operands.iter().find_map(|operand| match operand {
        Operand::Target(target) => Some(*target),
        _ => None,
    })?;
    decode(&code.bytes, target).ok()
}

/// "while evaluating the attribute 'a.b'", if the value that is being evaluated was just selected.
fn selected(code: &Code, symbols: &Symbols, pc: u32) -> Option<Vec<u8>> {
    let mut path: Vec<&[u8]> = Vec::new();
    let mut name: &[u8] = b"";
    for decoded in before(code, pc) {
        if let [Operand::Constant(constant), ..] = decoded.operands
            && let Some(constant) =
                code.constants.get(constant as usize).and_then(|value| value.get().as_name())
        {
            name = symbols.bytes(constant);
        }
        match decoded.instruction {
            Instruction::Select | Instruction::AttrsSelect => path.push(name),
            Instruction::CloseScope => {}
            // Between two selects of a path; at the end it is something else that is evaluated.
            Instruction::Constant | Instruction::Force if decoded.next < pc => {}
            _ => path.clear(),
        }
    }
    let quoted = [b"while evaluating the attribute '", path.join(&b'.').as_slice(), b"'"].concat();
    (!path.is_empty()).then_some(quoted)
}
