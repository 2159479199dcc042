let
  __sub = a: b: "sub";
  __mul = a: b: "mul";
  __lessThan = a: b: true;
  __nixPath = [ ];
in
a: b: [ (a - b) (-a) (a * b) (a / b) (a < b) (a > b) (a <= b) (a >= b) <x/y> ]
