a: b: [
  (if a && b then a else b)
  (if true then a else b)
  (if !true then a else b)
  (assert a; b)
  (assert a == b 2; b)
  (assert false; b)
  (if a then if b then 1 else 2 else 3)
]
