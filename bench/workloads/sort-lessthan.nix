# Sorting by builtins.lessThan: integers, and strings.
let
  scatter = n: let square = n * n + 31 * n; in square - square / 65537 * 65537;
  numbers = builtins.sort builtins.lessThan (builtins.genList scatter 150000);
  names = builtins.sort builtins.lessThan (builtins.genList (n: "name${toString (scatter n)}") 30000);
in
[ (builtins.head numbers) (builtins.elemAt numbers 75000) (builtins.elemAt names 15000) ]
