# Calls of concatLists whose argument is a call of map: nothing but the values, the order and the errors can be seen.
let
  inherit (builtins) concatLists tryEval;
  own = { map = f: list: [ list ]; concatLists = list: "own"; };
  select = builtins.concatLists;
  twice = x: [ x x ];
  succeeds = value: (tryEval (builtins.deepSeq value value)).success;
  tree = depth: if depth == 0 then [ depth ] else concatLists (map tree [ (depth - 1) (depth - 1) ]);
in
{
  inherited = concatLists (map twice [ 1 2 3 ]);
  selected = builtins.concatLists (builtins.map twice [ 1 2 ]);
  bound = select (map twice [ 1 2 ]);
  hidden = [ (own.concatLists (map twice [ 1 ])) (concatLists (own.map twice [ 3 4 ])) ];
  shadowed = let map = own.map; in concatLists (map twice [ 5 ]);
  parameter = (map: concatLists (map 1 2)) (a: b: [ [ a b ] ]);
  dynamic = with own; [ (concatLists (map twice [ 6 ])) ];
  partial = concatLists ((map twice) [ 7 ]);
  applied = map concatLists [ (map twice [ 8 ]) ];
  functor = concatLists (map { __functor = self: x: [ x ]; } [ 9 ]);
  builtin = concatLists (map builtins.attrNames [ { a = 1; } { } { b = 1; c = 1; } ]);
  empty = [ (concatLists (map (throw "not needed") [ ])) (concatLists (map (x: [ ]) [ 1 2 ])) ];
  lazy = builtins.length (concatLists (map (x: [ (throw "not needed") x ]) [ 1 2 ]));
  fails = map succeeds [
    (concatLists (map (throw "function") [ 1 ]))
    (concatLists (map twice (throw "list")))
    (concatLists (map (x: throw "element") [ 1 ]))
    (concatLists (map (x: if x == 2 then throw "second" else [ x ]) [ 1 2 3 ]))
  ];
  deep = builtins.length (tree 10);
  long = builtins.length (concatLists (map (n: builtins.genList (i: i) n) (builtins.genList (i: i) 1200)));
  same = let l = [ 1 (x: x) ]; in concatLists (map (x: x) [ [ ] l [ ] ]) == l;
  traced = concatLists (map (x: builtins.trace "element ${toString x}" [ x ]) (builtins.trace "list" [ 1 2 3 ]));
}
