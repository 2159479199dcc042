# The contexts of strings that were joined one by one, in several orders.
let
  n = 150;
  upTo = builtins.genList (x: x);
  path = x: (derivation { name = "n${toString x}"; system = "s"; builder = "b"; }).drvPath;
  scattered = map (x: path (x * 37 - x * 37 / n * n)) (upTo n);
  text = builtins.foldl' (a: x: "${a}${x} ") "" scattered;
  left = builtins.foldl' (a: x: x + a) "" scattered;
  keys = s: builtins.attrNames (builtins.getContext s);
in
[
  (builtins.length (keys text))
  (keys text == keys left)
  (keys (text + left) == keys text)
  (keys (builtins.substring 0 1 text) == keys text)
  (builtins.all builtins.hasContext [ text left "${text}" ])
  (builtins.length (keys (builtins.concatStringsSep "," (scattered ++ [ text ]))))
  (keys (builtins.unsafeDiscardStringContext text))
  (builtins.hasContext (builtins.toJSON { inherit text; }))
]
