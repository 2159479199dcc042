# `seq` in every position: what it evaluates, in which order, and what its sides see.
let
  inherit (builtins) seq trace tryEval;
  step = name: value: trace name value;
  count = n: total: if n == 0 then total else builtins.seq total (count (n - 1) (total + n));
  fails = value: (tryEval value).success;
in
{
  tail = count 5000 0;
  operand = 1 + builtins.seq (step "first" 1) (step "second" 2);
  condition = if builtins.seq 1 true then "yes" else "no";
  nested = builtins.seq (builtins.seq (step "a" 1) (step "b" 2)) (builtins.seq (step "c" 3) (step "d" 4));
  lazy = builtins.length [ (builtins.seq (throw "never") 1) ];
  inLet = let x = builtins.seq y 7; y = step "y" 5; in x + y;
  captured = map (f: f 1) (map (n: m: builtins.seq n (n + m)) [ 1 2 3 ]);
  inWith = with { a = 1; b = 2; }; builtins.seq a (x: a + b + x) 4;
  applied = builtins.seq 1 (x: y: x + y) 2 3;
  partial = (builtins.seq 1) 2;
  underscored = __seq (step "u" null) 3;
  byName = seq (step "n" null) 4;
  shadowed = let builtins = { seq = a: b: "mine"; }; in builtins.seq (throw "never") (throw "never");
  shadowedToo = let __seq = a: b: "mine"; in __seq (throw "never") (throw "never");
  deferred = rec { p = builtins.seq q q; q = 8; }.p;
  firstFails = fails (builtins.seq (throw "one") 1);
  secondFails = fails (builtins.seq 1 (throw "two"));
  asFunction = builtins.seq 1 builtins.add 2 3;
  inDefault = ({ a ? builtins.seq b b, b }: a) { b = 6; };
  recursive = let xs = builtins.seq xs.n { n = 1; }; in builtins.isAttrs { inherit xs; };
}
