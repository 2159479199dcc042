//! What the printed text of a tree does not show: places, names of functions, documentation.

mod common;

use common::parse_text;
use nivose_base::{Span, Symbol, Symbols};
use nivose_syntax::tree::*;

/// A source that has no errors, parsed.
fn parsed(source: &str) -> (Tree, Symbols) {
    let mut symbols = Symbols::new();
    let parse = parse_text(source.as_bytes(), &mut symbols);
    assert!(parse.diagnostics.is_empty(), "{source}");
    (parse.tree, symbols)
}

fn root(tree: &Tree) -> ExprId {
    tree.root.expect("a tree has a root")
}

/// The attributes of a tree whose root is a set.
fn attributes(tree: &Tree) -> List<'_, Attribute> {
    match tree.expr(root(tree)) {
        Expr::Set(bindings) => tree.attributes(tree.bindings(bindings).attributes),
        other => panic!("not a set: {other:?}"),
    }
}

#[test]
fn operators_point_at_themselves_and_span_their_operands() {
    let (tree, _) = parsed("(a) + b.c");
    assert_eq!(tree.point(root(&tree)), 4);
    assert_eq!(tree.span(root(&tree)), Span::new(0, 9));
    let (tree, _) = parsed(" f (x) 1 ");
    assert_eq!(tree.point(root(&tree)), 1);
    assert_eq!(tree.span(root(&tree)), Span::new(1, 8));
}

#[test]
fn attributes_keep_the_order_and_the_places_of_their_names() {
    let (tree, symbols) = parsed("{ z = 1; a.b = 2; \"m\" = 3; a.c = 4; inherit q; }");
    let found: Vec<_> = attributes(&tree)
        .iter()
        .map(|a| (symbols.text(a.name).into_owned(), a.span.start, a.span.end))
        .collect();
    let expected = [("z", 2, 3), ("a", 9, 10), ("m", 18, 21), ("q", 44, 45)];
    assert_eq!(found, expected.map(|(name, start, end)| (name.to_owned(), start, end)));
    let inner = tree.all_attributes().iter().filter(|a| symbols.bytes(a.name) == b"b");
    assert_eq!(inner.map(|a| a.span.start).collect::<Vec<_>>(), [9]);
}

#[test]
fn functions_have_the_names_that_they_are_bound_to() {
    let (tree, symbols) = parsed("{ f = x: y: z: 1; a.g = ({ p }: q: 2); h = [ (w: 3) ]; }");
    let named: Vec<_> = tree.lambdas().iter().map(|l| l.name.map(|n| symbols.text(n))).collect();
    let named: Vec<_> = named.iter().map(|name| name.as_deref()).collect();
    assert_eq!(named, [Some("f"), Some("f"), Some("f"), Some("g"), Some("g"), None]);
}

#[test]
fn documentation_belongs_to_what_follows() {
    let (tree, _) = parsed("{ /** one */ a = /** two */ x: /* no */ { }; /**/ b = 1; }");
    let docs = [0, 1].map(|index| tree.attribute_doc(index));
    assert_eq!(docs, [Some(&b" one "[..]), None]);
    let lambda = tree.lambda(LambdaId(0));
    assert_eq!(lambda.doc.map(|doc| tree.text(doc)), Some(&b" two "[..]));
}

#[test]
fn inherited_attributes_say_from_where() {
    let (tree, _) = parsed("{ inherit (e) a; inherit b; inherit (f) c; inherit; inherit (g); }");
    let values: Vec<_> = attributes(&tree).iter().map(|a| a.value).collect();
    assert!(matches!(
        values[..],
        [AttributeValue::InheritFrom(0), AttributeValue::Inherit, AttributeValue::InheritFrom(1)]
    ));
    let Expr::Set(bindings) = tree.expr(root(&tree)) else { panic!("not a set") };
    assert_eq!(tree.bindings(bindings).inherit_from.len, 3);
    assert_eq!(tree.bindings(bindings).empty_inherits, 2);
}

#[test]
fn calls_are_flat_and_pipes_are_calls() {
    let (tree, _) = parsed("f 1 2 3");
    let Expr::Call { arguments, .. } = tree.expr(root(&tree)) else { panic!("not a call") };
    assert_eq!(arguments.len, 3);
    let (tree, symbols) = parsed("x |> f");
    let Expr::Call { function, .. } = tree.expr(root(&tree)) else { panic!("not a call") };
    let Expr::Variable(name) = tree.expr(function) else { panic!("not a variable") };
    assert_eq!(symbols.bytes(name), b"f");
    assert_eq!(tree.point(root(&tree)), 2);
}

#[test]
fn formals_keep_their_order() {
    let (tree, symbols) = parsed("{ b, a ? 1, ... } @ name: 2");
    let lambda = tree.lambda(LambdaId(0));
    assert_eq!(lambda.argument, Some(Symbol::NAME));
    assert_eq!(lambda.argument_span, Span::new(20, 24));
    assert!(lambda.ellipsis);
    let formals = tree.formals(lambda.formals.expect("a set pattern"));
    let found: Vec<_> =
        formals.iter().map(|f| (symbols.text(f.name), f.span.start, f.default.is_some())).collect();
    assert_eq!(found, [("b".into(), 2, false), ("a".into(), 5, true)]);
}
