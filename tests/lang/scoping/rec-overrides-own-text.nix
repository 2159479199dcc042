# The text of __overrides itself sees the attributes as they are written; what runs later sees what overrides them.
[
  (rec { z = 1; y = z; __overrides = { z = z; }; })
  (rec { z = 1; __overrides = { inherit z; }; })
  (rec { z = 1; x = z; __overrides = { z = 2; y = z; }; })
  (rec { z = 1; x = z; __overrides = { z = 2; y = [ z ]; }; })
  (rec { z = 1; x = z; __overrides = let w = z; in { z = 2; y = w; v = let w = z; in w; }; })
  (rec { z = 1; __overrides = if z == 1 then { z = 2; } else { }; })
  (rec { __overrides = assert z == 1; { ${toString z} = z; z = 4; }; z = 1; })
  (rec { z = { y = 3; }; y = 1; x = y; __overrides = z; })
  (rec { z = 1; __overrides = rec { z = 5; y = z; x = w; __overrides = { z = 7; y = z; x = v; }; }; w = 4; v = 3; })
]
