let a = { type = "derivation"; outPath = a; }; b = { type = "derivation"; outPath = b; }; in a == b
