"""Programs out of all proportion, for docs/limits.md: (area, what it is, pieces of example.nix).

Pieces are texts or (text, how often): sources of gigabytes are written without being held.
`FILES` are others that a program reads.
"""

MILLION = 1_000_000


def nested(opening, inner, closing, count=MILLION):
    """`count` levels of what opens and closes."""
    return [(opening, count), inner, (closing, count)]


def numbered(count, make, step=10_000):
    """Pieces of which each is different."""
    for start in range(0, count, step):
        yield "".join(make(i) for i in range(start, min(start + step, count)))


REPEAT = 'let repeat = n: s: builtins.concatStringsSep "" (builtins.genList (_: s) n); in '
DOUBLE = "let double = n: s: if n == 0 then s else double (n - 1) (s + s); in "
ONES = "builtins.genList (x: 1)"

CASES = [
    ("Sizes", "genList of 2⁶² elements", ["builtins.genList (x: x) 4611686018427387904"]),
    ("Sizes", "genList of 2³³ elements", ["builtins.length (builtins.genList (x: x) 8589934592)"]),
    ("Sizes", "genList in genList", ["builtins.deepSeq (builtins.genList (x: builtins.genList (y: [ x y ]) 1000000) 1000000) 1"]),
    ("Sizes", "concatMap, ten times ten times …", ["let f = n: if n == 0 then [ 1 ] else builtins.concatMap (_: f (n - 1)) [ 1 2 3 4 5 6 7 8 9 0 ]; in builtins.length (f 12)"]),
    ("Sizes", "a string doubled 62 times", [DOUBLE, 'builtins.stringLength (double 62 "ab")']),
    ("Sizes", "a list doubled 62 times", ["let double = n: l: if n == 0 then l else double (n - 1) (l ++ l); in builtins.length (double 62 [ 1 2 ])"]),
    ("Sizes", "a string of 1 GB, its length", [DOUBLE, 'builtins.stringLength (double 29 "ab")']),
    ("Sizes", "a string of 1 GB, hashed", [DOUBLE, 'builtins.hashString "sha256" (double 29 "ab")']),
    ("Sizes", "replaceStrings: 10⁵ × 10⁵ bytes", [REPEAT, 'let s = repeat 100000 "a"; in builtins.stringLength (builtins.replaceStrings [ "a" ] [ s ] s)']),
    ("Sizes", "replaceStrings [ \"\" ] in 10⁸ bytes", [DOUBLE, 'builtins.stringLength (builtins.replaceStrings [ "" ] [ "-" ] (builtins.substring 0 100000000 (double 26 "ab")))']),
    ("Sizes", "concatStringsSep of 10⁵ strings of 10⁵ bytes", [REPEAT, 'let s = repeat 100000 "a"; in builtins.stringLength (builtins.concatStringsSep s (builtins.genList (_: s) 100000))']),
    ("Sizes", "toString of 10⁸ elements", ["let f = n: if n == 0 then 1 else let a = f (n - 1); in [ a a a a a a a a a a ]; in builtins.stringLength (toString (f 8))"]),
    ("Sizes", "toJSON of 10⁸ elements", ["let f = n: if n == 0 then 1 else let a = f (n - 1); in [ a a a a a a a a a a ]; in builtins.stringLength (builtins.toJSON (f 8))"]),
    ("Sizes", "toXML of 10⁷ elements", ["let f = n: if n == 0 then 1 else let a = f (n - 1); in [ a a a a a a a a a a ]; in builtins.stringLength (builtins.toXML (f 7))"]),
    ("Sizes", "printing a tree of 2³⁰ leaves", ["let f = n: if n == 0 then 1 else let a = f (n - 1); in { l = a; r = a; }; in f 30"]),
    ("Sizes", "listToAttrs of 10⁷ attributes", ['builtins.length (builtins.attrNames (builtins.listToAttrs (builtins.genList (x: { name = toString x; value = x; }) 10000000)))']),
    ("Sizes", "a literal set of 10⁷ attributes", ["builtins.length (builtins.attrNames { ", lambda: numbered(10_000_000, lambda i: f"a{i}=1;"), "})"]),
    ("Sizes", "a literal list of 10⁷ elements", ["builtins.length [ ", ("1 ", 10_000_000), "]"]),
    ("Sizes", "10⁶ attributes of a.b.c… merged", ["builtins.length (builtins.attrNames { ", lambda: numbered(1_000_000, lambda i: f"a.b{i}=1;"), "}.a)"]),
    ("Sizes", "genericClosure without an end", ["builtins.genericClosure { startSet = [ { key = 0; } ]; operator = x: [ { key = x.key + 1; } ]; }"]),
    ("Sizes", "sort of 10⁷ numbers", ["builtins.length (builtins.sort builtins.lessThan (builtins.genList (x: builtins.bitXor x 5592405) 10000000))"]),
    ("Sizes", "10⁶ formals", ["builtins.length (builtins.attrNames (builtins.functionArgs ({ ", lambda: numbered(MILLION, lambda i: f"a{i} ? 1, "), "... }: 1)))"]),
    ("Sizes", "10⁶ required formals, called", ["({ ", lambda: numbered(MILLION, lambda i: f"a{i}, "), "... }: a7) { ", lambda: numbered(MILLION, lambda i: f"a{i} = 1; "), "}"]),
    ("Sizes", "let with 10⁶ variables", ["let ", lambda: numbered(MILLION, lambda i: f"a{i} = {i}; "), "in a999999"]),
    ("Sizes", "a path 10⁵ names long", ["({ ", ("a.", 100_000), "a = 1; }) ? a"]),
    ("Sizes", "selecting with a path of 10⁵ names", ["let s = { a = s; }; in (s.", ("a.", 100_000), "a) ? a"]),
    ("Sizes", "removeAttrs of 10⁶ names", ['let s = builtins.listToAttrs (builtins.genList (x: { name = "n${toString x}"; value = x; }) 1000000); in removeAttrs s (builtins.attrNames s)']),

    ("Text", "a string literal of 2 GB", ['builtins.stringLength "', ("0123456789abcde\n", 134_000_000), '"']),
    ("Text", "an indented string of 200 MB", ["builtins.stringLength ''\n", ("  0123456789abc\n", 13_000_000), "''"]),
    ("Text", "a line of 500 MB, with an error at its end", ["[ ", ("1 ", 250_000_000 - 4), "}"]),
    ("Text", "a comment of 500 MB", ["/*", (" ", 500_000_000), "*/ 1"]),
    ("Text", "500 MB of empty lines", [("\n", 500_000_000), "1"]),
    ("Text", "a name of 100 MB", ["{ ", ("a", 100_000_000), " = 1; } ? a"]),
    ("Text", "a path of 10 MB", ["builtins.pathExists /", ("a/", 5_000_000), "a"]),
    ("Text", "an address of 100 MB", ["builtins.stringLength http://", ("a", 100_000_000)]),
    ("Text", "a number of 10 MB", [("1", 10_000_000)]),
    ("Text", "zeros before a number, 10 MB", [("0", 10_000_000), "1"]),
    ("Text", "a float of 10 MB", ["1.", ("1", 10_000_000)]),
    ("Text", "bytes that are no text, 10 MB", [("\x01", 10_000_000)]),
    ("Text", "10⁶ syntax errors", [("{ a = ; } ", MILLION)]),
    ("Text", "10⁶ unknown variables", ["[ ", lambda: numbered(MILLION, lambda i: f"a{i} "), "]"]),
    ("Text", "readFile of 2 GB", ["builtins.stringLength (builtins.readFile ./large)"]),
    ("Text", "hashFile of 2 GB", ['builtins.hashFile "sha256" ./large']),
    ("Text", "import of 2 GB of spaces", ["import ./spaces"]),
]

SYNTAX = [
    ("(", "1", ")"), ("[", "", "]"), ("{a=", "1", ";}"), ("rec{a=", "1", ";}"), ("let a=", "1", ";in a"),
    ("x: ", "1", ""), ("{a?", "1", "}:a"), ("{x}: ", "1", ""), ("if true then ", "1", " else 2"),
    ("if true then 1 else ", "1", ""), ("let a = 1; in ", "a", ""), ("with {}; ", "1", ""),
    ("assert true; ", "1", ""), ("!", "true", ""), ("-", "1", ""), ("{}.a or ", "1", ""),
    ('"${', '"a"', '}"'), ("''${", "''a''", "}''"), ("{}.${", '"a"', "} or 1"),
    ("[]++", "[]", ""), ("{}//", "{}", ""), ("true -> ", "true", ""), ("true&&", "true", ""),
    ("1+", "1", ""), ("(f: f) (", "1", ")"), ("a@{...}: ", "1", ""),
    ("./${", '"a"', "}"),
]
CASES += [("Depth", f"10⁶ × `{opening}`" + (f" … `{closing}`" if closing else ""), nested(opening, inner, closing))
          for opening, inner, closing in SYNTAX]
CASES += [
    ("Depth", "10⁶ × ` 1` after a function", ["let f = x: f; in f", (" 1", MILLION)]),
    ("Depth", "10⁶ × `.a`", ["let s = { a = s; }; in builtins.typeOf s", (".a", MILLION)]),
    ("Depth", "10⁶ × `-1`", ["1", ("-1", MILLION)]),
    ("Depth", "10⁶ × `(` without an end", [("(", MILLION)]),
    ("Depth", "10⁶ × `\"${` without an end", [('"${', MILLION)]),
    ("Depth", "10⁶ × `{a=` without an end", [("{a=", MILLION)]),
    ("Depth", "10⁷ calls", ["let f = n: if n == 0 then 0 else 1 + f (n - 1); in f 10000000"]),
    ("Depth", "a tail call without an end", ["let f = n: f (n + 1); in f 0"]),
    ("Depth", "a list in a list without an end, deepSeq", ["let f = n: [ (f (n + 1)) ]; in builtins.deepSeq (f 0) 1"]),
    ("Depth", "a set in a set without an end, printed", ["let f = n: { a = f (n + 1); }; in f 0"]),
    ("Depth", "a cycle, printed", ["let s = { a = s; l = [ s ]; }; in s"]),
    ("Depth", "a cycle, toJSON", ["let s = { a = s; }; in builtins.toJSON s"]),
    ("Depth", "a cycle, compared", ["let s = { a = s; b = 1; }; t = { a = t; b = 2; }; in s == t"]),
    ("Depth", "infinite recursion", ["let a = b; b = a; in a"]),
    ("Depth", "nested lists of depth 10⁶, compared", ["let d = builtins.foldl' (a: i: [ a ]) [ ] (builtins.genList (i: i) 900000); e = builtins.foldl' (a: i: [ a ]) [ ] (builtins.genList (i: i) 900000); in d == e"]),

    ("Data", "a regular expression bomb: (a|a)*b", [REPEAT, 'builtins.match "(a|a)*b" (repeat 20000 "a")']),
    ("Data", "a regular expression bomb: (a*)*(a*)*b", [REPEAT, 'builtins.match "(a*)*(a*)*(a*)*b" (repeat 20000 "a")']),
    ("Data", "a regular expression bomb: ((a{1,100}){1,100}){1,100}", ['builtins.match "((a{1,100}){1,100}){1,100}" "aaa"']),
    ("Data", "a regular expression bomb: split at .*.*=.*", [REPEAT, 'builtins.length (builtins.split "(.*)(.*)=(.*)" (repeat 20000 "x"))']),
    ("Data", "a regular expression of 10⁶ parentheses", [REPEAT, 'builtins.match (repeat 1000000 "(" + "a" + repeat 1000000 ")") "a"']),
    ("Data", "match of .* in 10⁸ bytes", [DOUBLE, 'builtins.match "([a-z]*)" (double 26 "ab") == null']),
    ("Data", "split of 10⁷ words", [REPEAT, 'builtins.length (builtins.split " " (repeat 10000000 "a "))']),
    ("Data", "JSON of depth 10⁶", [REPEAT, 'builtins.fromJSON (repeat 1000000 "[" + repeat 1000000 "]") == 1']),
    ("Data", "JSON, sets of depth 10⁶", [REPEAT, 'builtins.fromJSON (repeat 1000000 "{\\"a\\":" + "1" + repeat 1000000 "}") == 1']),
    ("Data", "JSON of 10⁷ elements", [REPEAT, 'builtins.length (builtins.fromJSON ("[" + repeat 10000000 "1," + "1]"))']),
    ("Data", "JSON, a number of 10⁷ digits", [REPEAT, 'builtins.fromJSON (repeat 10000000 "1")']),
    ("Data", "JSON, a string of 10⁸ bytes", [DOUBLE, 'builtins.stringLength (builtins.fromJSON ("\\"" + double 26 "ab" + "\\""))']),
    ("Data", "JSON, 10⁷ escapes", [REPEAT, 'builtins.stringLength (builtins.fromJSON ("\\"" + repeat 10000000 "\\\\u00e9" + "\\""))']),
    ("Data", "JSON, 10⁶ equal names", [REPEAT, 'builtins.fromJSON ("{" + repeat 1000000 "\\"a\\":1," + "\\"a\\":2}")']),
    ("Data", "JSON, unfinished of depth 10⁶", [REPEAT, 'builtins.fromJSON (repeat 1000000 "[{\\"a\\":")']),
    ("Data", "TOML of depth 10⁵", [REPEAT, 'builtins.fromTOML ("a = " + repeat 100000 "[" + repeat 100000 "]") == 1']),
    ("Data", "TOML, a key of 10⁵ names", [REPEAT, 'builtins.fromTOML (repeat 100000 "a." + "a = 1") ? a']),
    ("Data", "TOML of 10⁶ tables", ['builtins.length (builtins.attrNames (builtins.fromTOML (builtins.concatStringsSep "" (builtins.genList (x: "[t${toString x}]\\na = 1\\n") 1000000))))']),
    ("Data", "toXML of depth 10⁶", ["builtins.stringLength (builtins.toXML (builtins.foldl' (a: i: [ a ]) [ ] (builtins.genList (i: i) 900000)))"]),
    ("Data", "compareVersions of 10⁷ bytes", [REPEAT, 'let s = repeat 5000000 "1."; in builtins.compareVersions s (s + "1")']),
    ("Data", "splitVersion of 10⁷ bytes", [REPEAT, 'builtins.length (builtins.splitVersion (repeat 5000000 "1."))']),
    ("Data", "a string with 10⁵ contexts", ['builtins.stringLength (builtins.concatStringsSep "" (builtins.genList (x: builtins.toFile "f${toString x}" "") 100000))']),
    ("Data", "a derivation of 10⁵ inputs", ['(derivation { name = "n"; system = "s"; builder = "b"; all = builtins.genList (x: builtins.toFile "f${toString x}" "") 100000; }).drvPath']),
    ("Data", "readDir of 10⁵ files", ["builtins.length (builtins.attrNames (builtins.readDir ./many))"]),
    ("Data", "path of 10⁵ files", ['builtins.stringLength "${./many}"']),
    ("Data", "path of folders 2000 deep", ['builtins.stringLength "${./deep}"']),
    ("Data", "10⁵ imports of one file", ["builtins.foldl' (a: x: a + import ./one.nix) 0 (builtins.genList (x: x) 100000)"]),
    ("Data", "a file that imports itself", ["import ./example.nix"]),
    ("Data", "trace of 100 MB", [DOUBLE, 'builtins.trace (double 26 "ab") 1']),
    ("Data", "throw of 100 MB", [DOUBLE, 'throw (double 26 "ab")']),
]
