{
  identity = x: x;
  curried = a: b: c: b;
  closed = { a, b }: a b;
  defaults = { a, b ? a, c ? d 1, d ? c, e ? 5, ... }@args: [ a b c d e args ];
  self = { a ? a, b ? x: b }: a b;
  /** Documented. */
  mixed = x: { y ? x }: z: x y z;
  empty = { }: 1;
  tail = f: x: if x then f x else let y = f; in with y; z x;
  nested = a: [ (b: a b) (b: [ a b (c: a b c) ]) ];
}
