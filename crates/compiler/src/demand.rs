//! Which argument a call evaluates before anything else, as far as the source tells. Such an argument may be computed
//! before the call where that is cheap and cannot fail: nobody sees that it was not suspended.
//!
//! Only functions of `let` and of recursive sets and builtins that are named are known; no analysis goes through calls.

use nivose_base::Symbol;
use nivose_syntax::tree::{BinaryOperator, BindingsId, Expr, ExprId, LambdaId, Part, Tree};

use crate::scope::parameter_chain;

/// The names of the functions that operators call. Where a source binds them, operators may do anything.
pub(crate) const BEHIND_OPERATORS: [Symbol; 4] = [Symbol::SUB, Symbol::MUL, Symbol::DIV, Symbol::LESS_THAN];

/// The number of the argument, counted from 0, that the body of a function evaluates first.
pub(crate) fn first_evaluated(tree: &Tree, lambda: LambdaId, level: u8) -> Option<u32> {
    let chain: Vec<LambdaId> = parameter_chain(tree, lambda, level).collect();
    let lambdas = || chain.iter().map(|&id| tree.lambda(id));
    let last = lambdas().next_back()?;
    if last.formals.is_some() {
        return None;
    }
    let is_parameter = |name| lambdas().any(|lambda| lambda.argument == Some(name));
    let variable = first_variable(tree, last.body, is_parameter)?;
    let number = lambdas().rposition(|lambda| lambda.argument == Some(variable))?;
    Some(number as u32)
}

/// So many expressions, or attributes of a `let`, are looked at: each call of the function looks anew.
const FAR: usize = 32;

/// The variable that an expression evaluates first. None if it begins with something else, if the variable is far within
/// it, or if what stands around it binds a name that matters or may give an operator another meaning.
fn first_variable(tree: &Tree, mut id: ExprId, is_parameter: impl Fn(Symbol) -> bool) -> Option<Symbol> {
    for _ in 0..FAR {
        id = match tree.expr(id) {
            Expr::Variable(name) => return Some(name),
            Expr::If { condition, .. } | Expr::Assert { condition, .. } => condition,
            Expr::Select { set, .. } | Expr::HasAttr { set, .. } => set,
            Expr::Call { function, .. } => function,
            Expr::Not(operand) | Expr::Negate(operand) => operand,
            Expr::Binary { operator, left, right } => first_operand(operator, left, right),
            Expr::With { body, .. } => body,
            Expr::Let { bindings, body } if !binds(tree, bindings, &is_parameter) => body,
            Expr::Interpolation(parts) => match tree.parts(parts).iter().next()? {
                Part::Expr(part) => part,
                Part::Literal(_) => return None,
            },
            _ => return None,
        }
    }
    None
}

fn first_operand(operator: BinaryOperator, left: ExprId, right: ExprId) -> ExprId {
    match operator {
        BinaryOperator::More | BinaryOperator::LessOrEqual | BinaryOperator::Update => right,
        _ => left,
    }
}

/// Whether bindings have a parameter's name, or one that stands behind an operator; if they are many, they may.
fn binds(tree: &Tree, bindings: BindingsId, is_parameter: impl Fn(Symbol) -> bool) -> bool {
    let matters = |name| is_parameter(name) || BEHIND_OPERATORS.contains(&name);
    let attributes = tree.attributes(tree.bindings(bindings).attributes);
    attributes.len() > FAR || attributes.iter().any(|attribute| matters(attribute.name))
}

/// Whether an expression is arithmetic that may be computed at once if its operands are integers.
pub(crate) fn is_arithmetic(tree: &Tree, id: ExprId) -> bool {
    matches!(
        tree.expr(id),
        Expr::Binary {
            operator: BinaryOperator::Add | BinaryOperator::Subtract | BinaryOperator::Multiply,
            ..
        }
    )
}
