# Selections, also with `?`, `or` and `with`, from nested sets.
let
  tree = depth: if depth == 0 then { value = 1; } else { left = tree (depth - 1); right = tree (depth - 1); here = { inherit depth; }; };
  sum = t: if t ? value then t.value else sum t.left + sum t.right + (t.here.depth or 0) + (with t.here; depth);
in
sum (tree 16)
