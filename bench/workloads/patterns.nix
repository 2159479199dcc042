# Functions that take sets: defaults, an ellipsis, a name for the whole.
let
  area = { width, height ? width, scale ? 1, ... }@shape: width * height * scale + (shape.extra or 0);
  shapes = builtins.genList (n: { width = n; inherit n; } // (if n / 2 * 2 == n then { height = 2; } else { extra = n; })) 200000;
in
builtins.foldl' (sum: shape: sum + area shape) 0 shapes
