# The path of an output where it is known, a placeholder where it is not.
let
  common = { name = "a"; system = "s"; builder = "b"; outputs = [ "out" "dev" ]; };
  plain = derivation common;
  floating = derivation (common // {
    __contentAddressed = true;
    outputHashMode = "recursive";
    outputHashAlgo = "sha256";
  });
  file = drv: builtins.unsafeDiscardOutputDependency drv.drvPath;
in
[
  (builtins.outputOf (file plain) "out" == plain.outPath)
  (builtins.outputOf (file plain) "dev" == plain.dev.outPath)
  (builtins.outputOf (file floating) "out" == floating.outPath)
  (builtins.getContext (builtins.outputOf (file plain) "dev") == builtins.getContext plain.dev.outPath)
]
