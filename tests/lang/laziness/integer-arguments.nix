# Arithmetic that a function evaluates first may be computed before the call. Nobody sees it: what is not forced first
# stays suspended, and what fails fails as it always did.
let
  sum = n: if n == 0 then 0 else n + sum (n - 1);
  power = base: exponent: if exponent < 1 then 1 else base * power base (exponent - 1);
  fib = n: if n < 2 then n else fib (n - 1) + fib (n - 2);
  chain = n: n;
  keep = x: [ x ];
  second = a: b: [ a ] ++ (if b == 0 then [ ] else [ b ]);
  lets = n: let m = n; in if n == 0 then m else lets (n - 1);
  shadowed = n: let n = 7; in [ n ];
  withs = n: with { x = 1; }; if n > 3 then x else withs (n + 1);
  asserts = n: assert n < 5; n;
  strings = s: if s == "" then "empty" else s;
  floats = x: if x > 1.5 then x else floats (x + 0.5);
  selects = n: (if n == 0 then { a = 0; } else { a = selects (n - 1); }).a;
  minus = rec { f = n: if n == 0 then "done" else f (n - 1); }.f;
  i = 3;
  unforced = throw "not forced";
  rebound = let __sub = a: b: "rebound"; f = x: if x == "rebound" then x else "no"; in f (i - 1);
in {
  sum = map (n: builtins.tryEval (sum (n + 1))) [ 0 1 2 10 100 ];
  results = [ (power 2 (i * 10)) (fib (i + 7)) (chain (chain (i + 1) * i)) (lets (i * 4)) (withs (i - 5)) (asserts (i + 1)) ];
  kept = keep (i + 1);
  seconds = second (i * i) (i - 3);
  inherit rebound;
  shadowed = shadowed (i + 1);
  strings = strings ("a" + "b");
  floats = floats (i + 0.25 - 3);
  selects = selects (i + i);
  minus = minus (i + 4);
  failures = map builtins.tryEval [ (fib (unforced + 1)) (chain (unforced - 1)) (asserts (i + 2)) ];
  elements = [ (builtins.elemAt [ 1 2 3 4 ] (i - 1)) (builtins.genList (x: x) (i - 1)) (builtins.substring (i - 2) (i + 1) "abcdefg") ];
  large = [ (chain (4611686018427387903 + i)) (chain (4611686018427387904 - i)) (chain (3037000500 * 3037000499)) ];
}
