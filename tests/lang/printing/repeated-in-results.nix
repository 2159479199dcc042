# So it is with the lists that builtins put into their results.
let
  parts = builtins.partition (x: x > 1) [ 1 2 ];
  groups = builtins.groupBy toString [ 1 2 1 ];
  pieces = builtins.split "(a)" "xay";
  json = builtins.fromJSON ''{"a":[1]}'';
  toml = builtins.fromTOML "a = [1]";
in
[ [ parts.right parts ] [ groups."1" groups ] [ (builtins.elemAt pieces 1) pieces ] [ json.a json ] [ toml.a toml ] ]
