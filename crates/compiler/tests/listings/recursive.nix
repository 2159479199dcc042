x: {
  a = rec { p = q; q = p; r = 1; s = r; inherit x; inherit (r) t; };
  b = rec { p = 1; ${x} = p; };
  c = rec { p = 1; q = p; __overrides = { p = 2; }; };
  d = rec { p = 1; __overrides = { }; ${x} = p; };
  e = rec { f = n: if n == 0 then 1 else f (n - 1); };
  legacy = let { body = z; z = x; };
}
