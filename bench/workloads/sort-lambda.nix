# Sorting by functions of one's own: a bare comparison, and one of a field.
let
  scatter = n: let square = n * n + 31 * n; in square - square / 65537 * 65537;
  numbers = builtins.genList scatter 120000;
  falling = builtins.sort (a: b: a > b) numbers;
  records = builtins.sort (a: b: a.key < b.key) (map (key: { inherit key; }) (builtins.genList scatter 20000));
in
[ (builtins.head falling) (builtins.elemAt falling 60000) (builtins.elemAt records 10000).key ]
