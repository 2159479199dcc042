a: b: [
  (a + b) (a - b) (a * b) (a / b) (a ++ b) (a == b) (a != b)
  (a < b) (a <= b) (a > b) (a >= b) (-a) (!a)
  (a && b) (a || b) (a -> b)
  (a // b) ({ x = 1; } // b) (a // { inherit b; })
  (a 1 + b 2) (a 1 + b) (a 1 < b 2)
]
