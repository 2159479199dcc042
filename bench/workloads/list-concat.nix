# Lists made of lists: `++` in a fold, concatLists, concatMap, the tail of what was made.
let
  numbers = builtins.genList (n: n);
  grown = builtins.foldl' (list: n: list ++ [ n (n * n) ]) [ ] (numbers 6000);
  joined = builtins.concatLists (builtins.genList (n: [ n ] ++ [ (n + 1) ]) 150000);
  tripled = builtins.concatMap (n: [ n n (n + 1) ]) joined;
in
[ (builtins.length grown) (builtins.elemAt grown 9999) (builtins.length (builtins.tail joined)) (builtins.elemAt tripled 654321) ]
