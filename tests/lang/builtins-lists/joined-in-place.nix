# Lists and strings that grow in place: what they were before stays as it was, also where two are made from one.
let
  fold = builtins.foldl';
  upTo = builtins.genList (x: x);
  every = n: list: map (x: builtins.elemAt list (x * n)) (upTo ((builtins.length list + n - 1) / n));
  lists = fold (all: x: all ++ [ ((builtins.elemAt all x) ++ [ x ]) ]) [ [ ] ] (upTo 100);
  back = fold (a: x: a ++ [ x x ]) [ ] (upTo 100);
  front = fold (a: x: [ x ] ++ a) [ ] (upTo 100);
  both = fold (a: x: if x - x / 2 * 2 == 0 then [ x ] ++ a else a ++ [ x ]) [ ] (upTo 100);
  forks = map (x: builtins.length (back ++ [ x ]) + builtins.elemAt (back ++ [ x ]) 200) (upTo 3);
  twice = let one = back ++ [ "one" ]; two = back ++ [ "two" ]; in map (l: builtins.elemAt l 200) [ one two one ];
  text = fold (a: x: a + "${toString x} ") "" (upTo 120);
  left = fold (a: x: "${toString x} " + a) "" (upTo 120);
  around = fold (a: x: "<${a}${toString x}>") "" (upTo 120);
  texts = let one = text + "one"; two = text + "two"; three = text + ""; in
    map (s: builtins.substring 365 20 s) [ one two three one ];
  tails = let go = l: if l == [ ] then 0 else builtins.head l + go (builtins.tail l); in go (upTo 300);
  many = fold (a: x: a ++ x) [ ] (builtins.genList (x: builtins.genList (y: x * y) x) 40);
in
{
  lists = map builtins.length (every 10 lists);
  last = every 10 (builtins.elemAt lists 100);
  back = every 21 back;
  front = every 11 front;
  both = every 11 both;
  inherit forks twice tails;
  many = [ (builtins.length many) (fold (a: x: a + x) 0 many) ];
  texts = [ texts text left ];
  around = builtins.substring 100 200 around;
  hash = builtins.hashString "sha256" (text + left + around);
  equal = [ (text == fold (a: x: a + "${toString x} ") "" (upTo 120)) (text + "x" == text + "y") (front == both) ];
  compared = [ (text < text + "x") (back < back ++ [ 1 ]) ];
  name = { ${builtins.substring 0 300 around} = 1; }.${builtins.substring 0 300 around};
}
