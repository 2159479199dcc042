s: with s; [ a (a b) (with t; u + s) (x: x a) (c + d) { inherit e; } ]
