s: k: [
  s.a s.a.b (s.a or 1) (s.a.b or (k s)) s.${k} s.a.${k}.b (s.${k} or 2) (s.a.${k} or 2)
  (s ? a) (s ? a.b) (s ? ${k}) (s ? a.${k}.c) (builtins.head or s) builtins.nothing (builtins.map s.x)
  (s ? ${k}.a)
]
