# Builtins that call a function for each element do so in runs; what comes of it, and what is called at all, is the same.
let
  inherit (builtins)
    all any concatMap elemAt filter foldl' genList groupBy head isList length map partition seq trace tryEval;
  count = 2000;
  numbers = genList (i: i) count;
  sum = foldl' (a: b: a + b) 0;
  # Calls that are seen: each traced once, none after the one that decides.
  seen = n: value: if n == 1100 || n == 1101 then trace "called for ${toString n}" value else value;
  mod = a: b: a - a / b * b;
in
{
  filtered = sum (filter (n: mod n 7 == 0) numbers);
  filteredLazily = length (filter (x: x != null) (map (n: if mod n 3 == 0 then null else n) numbers));
  filteredByBuiltin = length (filter isList (map (n: if mod n 2 == 0 then n else [ ]) numbers));
  joined = sum (concatMap (n: [ n n ]) numbers);
  joinedFew = concatMap (n: if n == 1500 then [ "one" ] else [ ]) numbers;
  joinedNone = concatMap (n: [ ]) numbers;
  joinedOfNothing = concatMap (n: [ n ]) [ ];
  joinedByPartial = length (concatMap (a: b: [ a b ]) [ ]);
  joinedByFunctor = sum (concatMap { __functor = self: n: [ n ]; } numbers);
  joinedThunks = sum (concatMap (n: let list = [ n ]; in if mod n 2 == 0 then list else (m: [ m m ]) n) numbers);
  joinedByCurried = sum (concatMap (let f = a: b: [ a b ]; in f 1) numbers);
  nested = length (concatMap (n: concatMap (m: filter (x: x > 5) [ n m ]) (genList (i: i) 30)) (genList (i: i) 30));
  everything = all (n: seen n (n < 1100)) numbers;
  anything = any (n: seen n (n == 1100)) numbers;
  everythingTrue = all (n: n < count) numbers;
  anythingFalse = any (n: n > count) numbers;
  groups = builtins.mapAttrs (_: length) (groupBy (n: "rest-${toString (mod n 3)}") numbers);
  parted = builtins.mapAttrs (_: sum) (partition (n: mod n 2 == 0) (map (n: n + 1) numbers));
  failedFilter = tryEval (length (filter (n: seen n (if n == 1100 then throw "no" else true)) numbers));
  failedConcatMap = tryEval (length (concatMap (n: if n == 1100 then throw "no" else [ ]) numbers));
}
