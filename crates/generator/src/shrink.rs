//! Smaller programs that fail in the same way.

use crate::node::{Node, Piece, Role};

/// What a part is replaced by, the simplest first.
const SIMPLE: &[&str] = &["null", "1", "\"\"", "[ ]", "{ }", "true", "(x: x)"];

/// Attempts for one program.
const ATTEMPTS: usize = 1500;

/// Makes a program smaller as long as it `fails`.
pub fn shrink(program: &Node, fails: &mut dyn FnMut(&Node) -> bool) -> Node {
    let mut best = program.clone();
    let mut left = ATTEMPTS;
    while let Some(smaller) = smaller(&best, fails, &mut left) {
        best = smaller;
    }
    best
}

/// The first simplification that still fails. Large parts are tried first.
fn smaller(program: &Node, fails: &mut dyn FnMut(&Node) -> bool, left: &mut usize) -> Option<Node> {
    let mut paths = Vec::new();
    collect(program, &mut Vec::new(), &mut paths);
    paths.sort_by_key(Vec::len);
    for path in paths {
        for replacement in replacements(at(program, &path)) {
            *left = left.checked_sub(1)?;
            let candidate = replaced(program, &path, replacement);
            if fails(&candidate) {
                return Some(candidate);
            }
        }
    }
    None
}

/// The ways to all parts.
fn collect(node: &Node, path: &mut Vec<usize>, paths: &mut Vec<Vec<usize>>) {
    paths.push(path.clone());
    for (index, part) in node.parts().enumerate() {
        path.push(index);
        collect(part, path, paths);
        path.pop();
    }
}

fn at<'n>(node: &'n Node, path: &[usize]) -> &'n Node {
    path.iter().fold(node, |node, &index| node.parts().nth(index).unwrap_or(node))
}

fn replaced(node: &Node, path: &[usize], by: Node) -> Node {
    let mut copy = node.clone();
    let mut place = &mut copy;
    for &index in path {
        let parts = place.pieces.iter_mut().filter_map(|piece| match piece {
            Piece::Part(part, _) => Some(part),
            Piece::Text(_) => None,
        });
        match parts.into_iter().nth(index) {
            Some(part) => place = part,
            None => return node.clone(),
        }
    }
    *place = by;
    copy
}

fn replacements(node: &Node) -> Vec<Node> {
    match node.role {
        Role::Item if !node.pieces.is_empty() => vec![Node::item()],
        Role::Item | Role::Fixed => Vec::new(),
        Role::Expression | Role::Update | Role::Add => {
            let simple =
                SIMPLE.iter().take_while(|text| **text != node_text(node)).map(|text| Node::atom(*text));
            let mut inner = Vec::new();
            descend(node, 3, &mut inner);
            let smaller = |text: &Node| node.size() > 1 || node_text(text).len() < node_text(node).len();
            simple.filter(smaller).chain(inner).collect()
        }
    }
}

fn node_text(node: &Node) -> String {
    node.print(crate::Dialect::Current)
}

/// The expressions within a part.
fn descend(node: &Node, depth: usize, found: &mut Vec<Node>) {
    for part in node.parts() {
        if part.role.is_expression() {
            found.push(part.clone());
        }
        if depth > 0 {
            descend(part, depth - 1, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dialect, Profile, program};

    #[test]
    fn what_matters_is_left() {
        let mut shrunk = 0;
        for seed in 0..400 {
            let large = program(seed, Profile::Full);
            let mut fails = |node: &Node| node.print(Dialect::Current).contains("builtins.tail");
            if !fails(&large) {
                continue;
            }
            let small = shrink(&large, &mut fails).print(Dialect::Current);
            assert!(small.len() < 40, "{small}");
            shrunk += 1;
        }
        assert!(shrunk > 3);
    }
}
