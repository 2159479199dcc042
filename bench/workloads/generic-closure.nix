# genericClosure over a graph of sixty thousand nodes.
builtins.length (builtins.genericClosure {
  startSet = [ { key = 1; } ];
  operator = { key }: builtins.filter (node: node.key < 60000) [ { key = 2 * key; } { key = 2 * key + 1; } { key = key + 17; } ];
})
