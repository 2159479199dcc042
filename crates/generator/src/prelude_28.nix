# Makes builtins of C++ Nix 2.8 do what those of 2.36 do, where that can be written in Nix.
# A program is put in at the end.
(builtins':
let
  isFunction' = f: builtins'.isFunction f || builtins'.isAttrs f && f ? __functor;
  # Numbers of `substring` have 32 bits there.
  clamp' = n: if !builtins'.isInt n then n else if n > 2147483647 then 2147483647 else if n < -1 then -1 else n;
  inRange' = x: builtins'.isInt x || -9223372036854775808.0 <= x && x < 9223372036854775808.0;
  # Since 2.18 the list comes first, and the function is looked at if there is something to apply it to.
  map = f: l: if builtins'.length l == 0 then l else if isFunction' f then builtins'.map f l else abort "no function";
  builtins = builtins' // {
    inherit map;
    filter = f: l: if builtins'.length l == 0 then l else builtins'.filter f l;
    sort = f: l: if builtins'.length l == 0 then l else builtins'.sort f l;
    substring = start: length: s: builtins'.substring (clamp' start) (clamp' length) s;
    # The function is looked at even if nothing is made.
    genList = f: n: builtins'.seq n (if isFunction' f then builtins'.genList f n else abort "no function");
    # Floats without an integer near them are an error since 2.25.
    # Integers go through floats, and those that do not come back are an error too.
    floor = x: if !inRange' x || builtins'.isInt x && builtins'.floor x != x then abort "out of range" else builtins'.floor x;
    ceil = x: if !inRange' x || builtins'.isInt x && builtins'.ceil x != x then abort "out of range" else builtins'.ceil x;
  };
in
PROGRAM
) builtins
