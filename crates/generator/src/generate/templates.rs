//! Expressions from short texts with holes: the breadth of the language, one line for each use of a builtin or a form.
//!
//! A hole is a sign and the letter of a type. After `%` it is an argument, after `#` it stands alone. Names that a
//! text binds are ones that nothing else does (`p'`, `q'`), so that holes see the variables around the text. Sums and
//! updates are made elsewhere: they have to be seen as such (`Role`).

use super::{Generator, Profile};
use crate::node::{Node, tight};
use crate::types::Type;

/// The value of any type: a form around a hole of that type (`v`).
const ANY: &[&str] = &[
    "builtins.getAttr \"a\" { a = #v; }",
    "{ a = #v; }.${\"a\"}",
    "{ a.b = #v; }.a.b or %a",
    "{ a.\"A b\" = #v; a.${\"c\"} = #a; }.a.\"A b\"",
    "({ }.a or { b = #v; }).b",
    "{ a = null; }.a.b or %v",
    "{ a = %n; }.b.c or { }.d or %v",
    "(#s).missing or %v",
    "builtins.head [ %v ]",
    "builtins.head [ %v %a ]",
    "builtins.elemAt [ %a %v ] 1",
    "builtins.foldl' (p': q': q') %a [ %v ]",
    "builtins.foldl' (p': q': p') %v [ ]",
    "(builtins.tryEval %v).value",
    "builtins.getAttr \"value\" (builtins.tryEval %v)",
    "let p' = builtins.tryEval (builtins.deepSeq %v %v); in if p'.success then p'.value else #v",
    "with { w' = #a; }; with { w' = #v; }; w'",
    "with { w' = #v; }; with { q' = #a; }; w'",
    "let p' = #v; in with { p' = #a; }; p'",
    "with %s; #v",
    "(p': p') %v",
    "(p': q': p') %v %a",
    "({ p' ? #v }: p') { }",
    "({ p' ? q', q' ? #v }: p') { }",
    "({ p', ... }@q': q'.p') { p' = #v; z = #a; }",
    "(q'@{ p', z ? q'.p' }: z) { p' = #v; }",
    "(q'@{ p' ? #a, ... }: q'.p' or %v) { }",
    "let p' = q'; q' = #v; in p'",
    "let p'.a.b = #v; p'.a.c = #a; in p'.a.b",
    "let p' = { a = #a; }; p'.b = #v; in p'.b",
    "let inherit (q') p'; q' = { p' = #v; }; in p'",
    "let inherit ({ p' = #v; \"q'\" = #a; }) p' \"q'\"; in p'",
    "(rec { p' = q'; q' = #v; }).p'",
    "(rec { inherit (q') p'; q' = rec { p' = q'; q' = #v; }; }).p'",
    "rec { p' = #v; q'.a = p'; q'.b = #a; }.q'.a",
    "let { body = p'; p' = #v; }",
    "if #b then #v else #v",
    "if ! %b then #v else if #b then #v else #v",
    "assert #b; #v",
    "assert builtins.isAttrs %s; #v",
    "builtins.seq %a %v",
    "builtins.deepSeq %a %v",
    "builtins.addErrorContext %t %v",
    "builtins.addErrorContext %a %v",
    "builtins.trace %a %v",
    "{ __functor = p': q': #v; } %a",
    "{ __functor = p': q': p'.a; a = #v; } %a",
    "{ __functor = p': { __functor = q': _: p'.a; }; a = #v; } %a",
    "(import ./function.nix { x = #v; }).value",
    "(import ./folder/function.nix) %v",
    "(builtins.listToAttrs [ { name = \"p'\"; value = #v; } { name = \"p'\"; } ]).p'",
    "let p' = q': if q' == 0 then #v else p' (q' - 1); in p' 3",
    "builtins.head (builtins.attrValues { a = #v; z = #a; })",
    "(builtins.mapAttrs (_: p': #v) { a = #a; }).a",
    "(builtins.intersectAttrs { a = #a; } { a = #v; b = #a; }).a",
    "builtins.head (builtins.catAttrs \"a\" [ { b = #a; } { a = #v; } ])",
    "builtins.head (builtins.genList (_: #v) 1)",
    "builtins.head (builtins.filter (_: true) [ %v ])",
    "builtins.head (builtins.sort builtins.lessThan [ %v ])",
    "(builtins.zipAttrsWith (_: builtins.head) [ { a = #v; } { a = #a; } ]).a",
    "builtins.head (builtins.groupBy (_: \"a\") [ %v ]).a",
    "(builtins.partition (_: #b) [ %v %v ]).right",
    "(builtins.head (builtins.genericClosure { startSet = [ { key = %i; v = #v; } ]; operator = _: [ ]; })).v",
    "builtins.scopedImport { value = #v; } ./scoped.nix",
    "/* one */ (#v) # the rest\n",
    "let or = #v; in { inherit or; }.or",
    "rec { __overrides = { p' = #v; }; p' = #a; q' = p'; }.q'",
    "(p': p'.${#t} or %v) %s",
    "builtins.head (builtins.attrValues { \"${#t}\" = #v; })",
];

const INT: &[&str] = &[
    "builtins.length (builtins.attrNames %s)",
    "builtins.length (builtins.split %r %t)",
    "builtins.length (builtins.splitVersion %t)",
    "builtins.stringLength (builtins.toXML %a)",
    "builtins.stringLength \"${#t}\"",
    "builtins.stringLength %p",
    "builtins.langVersion",
    "builtins.foldl' builtins.add %i %I",
    "builtins.foldl' (p': q': p' * 3 - q') %i %I",
    "builtins.div %i %i",
    "__div %i %i",
    "__mul %i %i",
    "__add %i %i",
    "__sub %i %i",
    "%i / %i",
    "- (#i)",
    "- - (#i)",
    "(-1) * - (#i)",
    "builtins.bitXor (-1) %i",
    "builtins.bitAnd %i %i",
    "007",
    "let p' = #i; in let __sub = _: _: p'; in 5 - 3",
    "let p' = #i; in let __mul = _: q': q'; in \"x\" * p'",
    "let p' = #i; in let __div = p': _: p'; in p' / (throw \"x\")",
    "let p' = #b; in let __lessThan = _: _: p'; in if 1 < 2 then 1 else 0",
    "let p' = #i; in let __sub = _: q': q'; in - p'",
    "{ __functor = p': q': builtins.bitOr p'.a q'; a = #i; } %i",
    "builtins.compareVersions %t %t",
    "builtins.compareVersions %t \"1.2.3-rc1\"",
    "builtins.ceil %f",
    "builtins.floor %f",
    "builtins.floor %i",
    "(builtins.fromTOML \"a = 0b101\\nb.c = -7\\n[d]\\nk = 1_000\").a",
    "builtins.fromJSON \" -12 \"",
    "(builtins.fromJSON ''{\"a\": [1, -2, {\"b\": 3}], \"a\": 4}'').a",
    "builtins.length (builtins.genericClosure { startSet = [ { key = \"a\"; } { key = \"b\"; } { key = \"a\"; } ]; operator = p': if p'.key == \"b\" then [ { key = #t; v = #a; } ] else [ ]; })",
    "builtins.length (builtins.genericClosure { startSet = map (p': { key = p'; }) [ 3 1.0 1 %i %f ]; operator = p': [ ]; })",
    "builtins.length (builtins.attrNames (builtins.functionArgs ({ a, b ? #a, ... }: #a)))",
    "builtins.length (builtins.attrNames (builtins.readDir ./folder))",
    "(builtins.unsafeGetAttrPos \"a\" (import ./set.nix)).column",
    "builtins.elemAt %I %i",
];

const FLOAT: &[&str] = &[
    "1.e3",
    ".5e-2",
    "- (#f)",
    "%f / %f",
    "%f * %i",
    "%i - %f",
    "builtins.div %f %i",
    "builtins.mul %f %f",
    "builtins.foldl' builtins.mul %f [ %i %f ]",
    "builtins.fromJSON \"-0.0\"",
    "builtins.fromJSON \"1E5\"",
    "(builtins.fromTOML \"a = 6.02e23\").a",
    "builtins.sub 0.0 %f",
];

const TEXT: &[&str] = &[
    "builtins.toXML %a",
    "builtins.toXML [ %d (p': p') ({ a, b ? 1, ... }@q': a) ({ }: 1) map %f ]",
    "builtins.toJSON %s",
    "builtins.toJSON { __toString = p': #t; }",
    "builtins.toJSON { outPath = #a; }",
    "builtins.toJSON [ %t %p %d %b null ]",
    "baseNameOf %p",
    "baseNameOf %t",
    "baseNameOf %d",
    "dirOf %t",
    "dirOf \"${#p}/x\"",
    "builtins.substring 1 (-1) %t",
    "builtins.substring 0 2 %p",
    "builtins.hashString \"sha1\" \"${#t}\"",
    "builtins.hashFile \"sha256\" ./text",
    "(builtins.parseDrvName %t).name",
    "(builtins.parseDrvName \"nix-${#t}\").version",
    "builtins.concatStringsSep %t [ %t %d %p ]",
    "builtins.concatStringsSep \"-\" %T",
    "builtins.concatStringsSep \",\" (map toString [ %i %f %b ])",
    "toString [ %i [ ] %t [ %b [ ] ] null ]",
    "toString [ [ %t ] %p %d [ [ ] ] ]",
    "toString { __toString = p': p'.a; a = #t; outPath = #a; }",
    "toString { outPath = { __toString = _: #t; }; }",
    "toString { __toString = p': #i; }",
    "toString %f",
    "toString %p",
    "toString %d",
    "\"${{ outPath = #t; }}\"",
    "\"${{ __toString = p': #t; }}/${#p}\"",
    "\"a${#t}$$ ${#t}\"",
    "\"\\t${\"\\r${#t}\"}\\q\"",
    "\"a\r\nb\"",
    "builtins.toFile \"x\" %t",
    "builtins.toFile %t \"x\"",
    "builtins.toPath %t",
    "builtins.toPath \"/a/../${#t}\"",
    "builtins.replaceStrings [ \"a\" \"\" ] [ %t %t ] %t",
    "builtins.replaceStrings %T %T %t",
    "builtins.replaceStrings [ \"ab\" \"a\" \"b\" ] [ \"1\" %t \"\" ] \"aabbab\"",
    "builtins.replaceStrings [ %t ] [ %t ] %t",
    "toString (builtins.match %r %t)",
    "builtins.toJSON (builtins.match %r %t)",
    "builtins.toJSON (builtins.split %r %t)",
    "builtins.concatStringsSep \",\" (builtins.filter builtins.isString (builtins.split %r %t))",
    "builtins.toJSON (builtins.splitVersion %t)",
    "builtins.unsafeDiscardOutputDependency (#d).drvPath",
    "builtins.unsafeDiscardStringContext %d",
    "builtins.unsafeDiscardStringContext %p",
    "builtins.getEnv \"NIVOSE_MISSING\"",
    "builtins.storeDir",
    "builtins.placeholder %t",
    "(import ./function.nix { x = #t; }).name",
    "__concatStringsSep %t %T",
    "__toJSON %l",
    "__substring %i %i %t",
    "__replaceStrings [ \"o\" ] [ %t ] %t",
    "builtins.path { path = ./text; name = \"t\"; }",
    "builtins.path { path = ./folder; filter = p': q': #b; }",
    "builtins.path { path = ./folder; filter = p': q': q' == \"regular\"; name = #t; }",
    "builtins.path { path = #p; recursive = #b; }",
    "builtins.filterSource (p': q': #b) ./folder",
    "builtins.filterSource (p': q': baseNameOf p' != \"other\") ./folder",
    "builtins.toJSON (builtins.getContext %t)",
    "builtins.toJSON (builtins.readDir ./folder)",
    "builtins.toJSON (builtins.readDir %p)",
    "builtins.readFile %p",
    "builtins.typeOf %a",
    "builtins.toJSON (builtins.functionArgs ({ a, b ? #a, k, ... }: #a))",
    "builtins.toJSON (builtins.fromTOML \"a = [1, 2]\\n[b.c]\\nd = 'x'\\n[[k]]\\nv = true\\n[[k]]\")",
    "builtins.toJSON (builtins.fromJSON ''[null, true, \"\\u00e9\\n\\/\", {}, [[]]]'')",
    "(derivationStrict { name = \"strict\"; builder = #t; system = #t; }).drvPath",
    "(derivationStrict { name = \"strict\"; builder = \"b\"; system = \"s\"; outputs = [ \"out\" \"bin\" ]; a = #t; }).bin",
    "(derivation { name = #t; builder = #t; system = \"s\"; }).outPath",
    "builtins.concatStringsSep \"\" (builtins.attrValues (builtins.mapAttrs (p': _: p') %s))",
    "builtins.appendContext %t (builtins.getContext %t)",
    "builtins.appendContext %t { ${builtins.unsafeDiscardStringContext (#d).drvPath}.outputs = [ \"out\" ]; }",
    "toString (builtins.findFile [ { path = ./.; prefix = \"q\"; } { path = #p; } ] \"q/text\")",
    "let __findFile = p': q': q'; in <some/text>",
    "let __nixPath = [ { path = ./folder; prefix = \"q\"; } ]; in toString <q/other>",
    "''${#t}''",
    "''\n    one ${#t}\n      two ''${x} '''\n    ''\\t''\\n $$ ''\\\\${\n  ''",
    "''\n\t${#t}\n  x\n''",
    "'' ${#t}\n   y''",
    "''  a\n\n    b\n   ${#t}c  ''",
];

const BOOL: &[&str] = &[
    "builtins.hasAttr %t %s",
    "%s ? ${#t}.a",
    "%s ? a.b.\"c\"",
    "%a ? a",
    "builtins.isFunction (builtins.add %i)",
    "builtins.isFunction { __functor = #a; }",
    "builtins.lessThan [ %i %f ] [ %f %i ]",
    "[ %i %t ] < [ %i %t ]",
    "[ %I ] <= [ %I %a ]",
    "%T >= %T",
    "%p < %p",
    "%t > %t",
    "%i < %f",
    "%f <= %f",
    "%a < %a",
    "%I == %I",
    "%l == %l",
    "%s == %s",
    "%a != %a",
    "%i == %f",
    "%d == %d",
    "{ type = \"derivation\"; outPath = #t; } == %d",
    "{ a = #v; b = #a; } == { a = #v; b = #a; }",
    "let p' = #a; in [ p' ] == [ p' ]",
    "let p' = #a; in { a = p'; } == { a = p'; }",
    "let p' = #l; in p' == builtins.filter (_: true) p'",
    "builtins.elem %a %l",
    "builtins.elem %i [ %f %i ]",
    "(builtins.tryEval %a).success",
    "(builtins.tryEval (builtins.deepSeq %a 1)).success",
    "(builtins.tryEval (%a == %a)).success",
    "(builtins.tryEval (builtins.toXML %a)).success",
    "(builtins.tryEval <missing-file>).success",
    "builtins.all (p': p') [ %b %b ]",
    "builtins.any (p': p' == %v) [ %v %v ]",
    "builtins.isAttrs (builtins.tryEval %a)",
    "builtins.pathExists %p",
    "builtins.pathExists (./folder/. + #t)",
    "builtins.intersectAttrs %s %s == { }",
    "%b -> %b -> %b",
    "%b && %b || %b",
    "! %b == %b",
    "!(#s ? a)",
    "builtins.functionArgs ({ a, b ? #a, ... }: 1) == { a = false; b = true; }",
    "builtins.functionArgs %a == { }",
    "null == %a",
    "builtins.unsafeGetAttrPos \"a\" %s == null",
    "builtins.unsafeGetAttrPos %t (import ./set.nix) == null",
    "builtins.hasContext \"${#d}\"",
    "builtins.isString %p",
    "__lessThan %i %i",
    "__isFloat (#f)",
    "isNull %a",
    "builtins.getContext %t == { }",
    "builtins.match %r %t == null",
];

/// Lists of a type: a hole of the type is `v`, one of the list is `V`.
const LIST: &[&str] = &[
    "builtins.filter (p': #b) %V",
    "builtins.sort (p': q': false) %V",
    "builtins.concatLists [ %V [ ] %V ]",
    "builtins.concatLists [ %V ]",
    "map (p': p') %V",
    "builtins.map (p': #v) %l",
    "builtins.genList (p': #v) 2",
    "builtins.attrValues { b = #v; a = #v; }",
    "builtins.attrValues (builtins.listToAttrs (map (p': { name = #t; value = p'; }) %V))",
    "builtins.catAttrs \"a\" [ { a = #v; } { b = 1; } { a = #v; } ]",
    "(builtins.partition (p': #b) %V).wrong",
    "builtins.tail [ %v %v ]",
    "if #b then [ ] else #V",
    "builtins.concatMap (p': [ p' p' ]) %V",
    "builtins.concatMap (p': if #b then [ p' ] else [ ]) %V",
    "map (p': p'.v) (builtins.genericClosure { startSet = map (q': { key = q'; v = #v; }) [ 1 2 2.0 1.0 3 ]; operator = q': if q'.key >= 5 then [ ] else [ { key = builtins.add q'.key 1; v = #v; } ]; })",
    "builtins.foldl' (p': q': [ q' ] ++ p') [ ] %V",
    "builtins.foldl' (p': q': p' ++ [ q' ]) [ %v ] %V",
    "(builtins.groupBy (p': if #b then \"a\" else \"b\") %V).a or [ ]",
    "(builtins.zipAttrsWith (p': q': q') [ { a = #v; } { a = #v; b = #a; } ]).a",
    "(#V) ++ [ ] ++ (#V)",
    "map builtins.head [ [ %v ] (#V) ]",
    "builtins.sort (p': q': builtins.toXML p' < builtins.toXML q') %V",
];

/// Sets whose values have one type: a hole of the type is `v`, one of the set is `D`.
const DICTIONARY: &[&str] = &[
    "builtins.mapAttrs (p': q': q') %D",
    "builtins.mapAttrs (p': q': #v) %D",
    "builtins.removeAttrs %D [ %t \"a\" ]",
    "removeAttrs %D %T",
    "builtins.listToAttrs [ { name = \"a\"; value = #v; } { name = \"b\"; value = #v; } ]",
    "builtins.listToAttrs [ { name = #t; value = #v; } { name = \"a\"; } ]",
    "builtins.zipAttrsWith (p': q': builtins.head q') [ %D %D ]",
    "builtins.intersectAttrs %s %D",
    "builtins.intersectAttrs %D %D",
    "{ ${#t} = #v; a = #v; }",
    "{ \"${#t}\" = #v; ${\"b\"} = #v; }",
    "{ \"a\" = #v; ${\"b\"} = #v; ${null} = #a; }",
    "{ inherit (#D) a; }",
    "{ inherit (#D) \"A b\" or; inherit ({ k = #v; }) k; inherit; }",
    "with { w' = #v; }; { a = w'; }",
    "let p' = #v; in rec { a = p'; b = a; }",
    "rec { p' = #v; ${\"a\"} = p'; }",
    "builtins.mapAttrs (p': builtins.head) (builtins.groupBy (q': #t) [ %v %v ])",
];

/// Every function that has no effects, with its number of arguments, for calls with arguments of any types.
/// Numbers of repetitions are bounded elsewhere.
const FUNCTIONS: &[(&str, usize)] = &[
    ("builtins.add", 2),
    ("builtins.all", 2),
    ("builtins.any", 2),
    ("builtins.appendContext", 2),
    ("builtins.attrNames", 1),
    ("builtins.attrValues", 1),
    ("baseNameOf", 1),
    ("builtins.bitAnd", 2),
    ("builtins.bitOr", 2),
    ("builtins.bitXor", 2),
    ("builtins.catAttrs", 2),
    ("builtins.ceil", 1),
    ("builtins.compareVersions", 2),
    ("builtins.concatLists", 1),
    ("builtins.concatMap", 2),
    ("builtins.concatStringsSep", 2),
    ("builtins.deepSeq", 2),
    ("derivation", 1),
    ("derivationStrict", 1),
    ("dirOf", 1),
    ("builtins.div", 2),
    ("builtins.elem", 2),
    ("builtins.elemAt", 2),
    ("builtins.filter", 2),
    ("builtins.filterSource", 2),
    ("builtins.findFile", 2),
    ("builtins.floor", 1),
    ("builtins.foldl'", 3),
    ("builtins.fromJSON", 1),
    ("fromTOML", 1),
    ("builtins.functionArgs", 1),
    ("builtins.genericClosure", 1),
    ("builtins.getAttr", 2),
    ("builtins.getContext", 1),
    ("builtins.getEnv", 1),
    ("builtins.groupBy", 2),
    ("builtins.hasAttr", 2),
    ("builtins.hasContext", 1),
    ("builtins.hashFile", 2),
    ("builtins.hashString", 2),
    ("builtins.head", 1),
    ("import", 1),
    ("builtins.intersectAttrs", 2),
    ("builtins.length", 1),
    ("builtins.lessThan", 2),
    ("builtins.listToAttrs", 1),
    ("map", 2),
    ("builtins.mapAttrs", 2),
    ("builtins.match", 2),
    ("builtins.mul", 2),
    ("builtins.parseDrvName", 1),
    ("builtins.partition", 2),
    ("builtins.path", 1),
    ("builtins.pathExists", 1),
    ("placeholder", 1),
    ("builtins.readDir", 1),
    ("builtins.readFile", 1),
    ("removeAttrs", 2),
    ("builtins.replaceStrings", 3),
    ("scopedImport", 2),
    ("builtins.seq", 2),
    ("builtins.sort", 2),
    ("builtins.split", 2),
    ("builtins.splitVersion", 1),
    ("builtins.stringLength", 1),
    ("builtins.sub", 2),
    ("builtins.substring", 3),
    ("builtins.tail", 1),
    ("throw", 1),
    ("builtins.toFile", 2),
    ("builtins.toJSON", 1),
    ("builtins.toPath", 1),
    ("toString", 1),
    ("builtins.toXML", 1),
    ("builtins.trace", 2),
    ("builtins.tryEval", 1),
    ("builtins.typeOf", 1),
    ("builtins.unsafeDiscardOutputDependency", 1),
    ("builtins.unsafeDiscardStringContext", 1),
    ("builtins.unsafeGetAttrPos", 2),
    ("builtins.zipAttrsWith", 2),
    ("abort", 1),
];

/// What C++ Nix 2.8 does not have.
const LATER_FUNCTIONS: &[(&str, usize)] = &[
    ("builtins.addDrvOutputDependencies", 1),
    ("builtins.break", 1),
    ("builtins.convertHash", 1),
    ("builtins.readFileType", 1),
    ("builtins.traceVerbose", 2),
    ("builtins.warn", 2),
    ("builtins.storePath", 1),
];

/// Forms that C++ Nix 2.8 does not have or does in another way that cannot be emulated, for any type.
const LATER: &[&str] = &[
    "builtins.warn %t %v",
    "builtins.traceVerbose %a %v",
    "builtins.break %v",
    "if __curPos == null then #v else #v",
    "builtins.seq (builtins.convertHash { hash = builtins.hashString \"sha256\" %t; hashAlgo = \"sha256\"; toHashFormat = \"sri\"; }) %v",
    "builtins.seq (builtins.convertHash { hash = %t; toHashFormat = %t; }) %v",
    "builtins.seq (builtins.addDrvOutputDependencies (#d).drvPath) %v",
    "builtins.seq (builtins.readFileType %p) %v",
    "builtins.head (builtins.sort (p': q': #b) [ %v %v %v ])",
    "builtins.elemAt (builtins.sort (p': q': true) [ %v %v %v ]) 1",
    "(p': p'.a or %v) (builtins.match %r %t)",
    "builtins.head (builtins.attrValues (builtins.intersectAttrs { p' = 1; } { p' = #v; }))",
];

/// Pieces of regular expressions.
const ATOMS: &[&str] = &[
    "a",
    "b",
    ".",
    "x",
    "-",
    "[a-z]",
    "[^a-z]",
    "[[:alpha:]]",
    "[[:digit:].]",
    "[[:space:]]",
    "[]a]",
    "[^]]",
    "[a-]",
    "[é]",
    "\\\\.",
    "\\\\\\\\",
    "[[:upper:][:lower:]]",
    "^",
    "\\$",
    "()",
    "/",
    "[0-9]",
    "é",
];

const REPETITIONS: &[&str] = &["", "", "", "*", "+", "?", "{2}", "{1,}", "{0,2}"];

impl Generator {
    /// A text for a type, or for any, with its holes filled.
    pub(super) fn template(&mut self, ty: &Type, depth: u32) -> Node {
        let (texts, value): (&[&str], &Type) = match ty {
            _ if self.profile == Profile::Full && self.random.chance(5) => (LATER, ty),
            _ if self.random.chance(40) => (ANY, ty),
            Type::Int => (INT, ty),
            Type::Float => (FLOAT, ty),
            Type::Text => (TEXT, ty),
            Type::Bool => (BOOL, ty),
            Type::List(element) => (LIST, element),
            Type::Dictionary(element) => (DICTIONARY, element),
            _ => (ANY, ty),
        };
        let text = self.random.pick(texts);
        self.fill(text, ty, value, depth)
    }

    fn fill(&mut self, text: &'static str, ty: &Type, value: &Type, depth: u32) -> Node {
        let mut node = Node::new(tight::ATOM).text("(");
        let mut rest = text;
        while let Some(at) = next_hole(rest) {
            let hole = self.hole(rest.as_bytes()[at + 1], ty, value, depth);
            let required = if rest.as_bytes()[at] == b'%' { tight::SELECT } else { tight::OPEN };
            node = node.text(&rest[..at]).part(hole, required);
            rest = &rest[at + 2..];
        }
        node.text(rest).text(")")
    }

    fn hole(&mut self, letter: u8, ty: &Type, value: &Type, depth: u32) -> Node {
        let of = match letter {
            b'r' => return self.regex(),
            b's' => return self.some_set(depth),
            b'l' => return self.some_list(depth),
            b'v' => value.clone(),
            b'V' | b'D' => ty.clone(),
            b'a' => self.any_type(),
            b'i' => Type::Int,
            b'f' => Type::Float,
            b'b' => Type::Bool,
            b't' => Type::Text,
            b'p' => Type::Path,
            b'd' => Type::Derivation,
            b'I' => Type::list(Type::Int),
            b'T' => Type::list(Type::Text),
            _ => Type::Null,
        };
        self.expression(&of, depth)
    }

    /// A builtin with arguments of any types.
    pub(super) fn wild_call(&mut self, depth: u32) -> Node {
        let later = self.profile == Profile::Full && self.random.chance(10);
        let (name, count) = self.random.pick(if later { LATER_FUNCTIONS } else { FUNCTIONS });
        let types: Vec<Type> = (0..count).map(|_| self.any_type()).collect();
        self.call_on(name, &types, depth)
    }

    /// A regular expression in quotes.
    pub(super) fn regex(&mut self) -> Node {
        if self.random.chance(30) {
            return self.pattern();
        }
        let text = self.alternatives(2);
        Node::atom(format!("\"{text}\""))
    }

    fn alternatives(&mut self, depth: u32) -> String {
        let count = if self.random.chance(70) { 1 } else { 2 };
        let alternatives: Vec<String> = (0..count).map(|_| self.sequence_of_atoms(depth)).collect();
        alternatives.join("|")
    }

    fn sequence_of_atoms(&mut self, depth: u32) -> String {
        let count = self.random.below(4);
        let mut text = String::new();
        for _ in 0..count {
            let mut repetitions = REPETITIONS;
            if depth > 0 && self.random.chance(30) {
                let group = self.alternatives(depth - 1);
                // C++ Nix takes exponential time for loops in loops.
                let loops = group.contains(['*', '+', '{']);
                repetitions = if loops && self.profile == Profile::Nix28 { &["", "?"] } else { REPETITIONS };
                text.push_str(&format!("({group})"));
            } else {
                text.push_str(self.random.pick(ATOMS));
            }
            text.push_str(self.random.pick(repetitions));
        }
        text
    }
}

/// Where the next hole of a text is.
fn next_hole(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let is_hole = |at: &usize| {
        matches!(bytes[*at], b'%' | b'#') && bytes.get(at + 1).is_some_and(|letter| b"rslvVDaifbtpdITn".contains(letter))
            // A name may follow a sign too.
            && !bytes.get(at + 2).is_some_and(u8::is_ascii_alphanumeric)
    };
    (0..bytes.len()).find(is_hole)
}
