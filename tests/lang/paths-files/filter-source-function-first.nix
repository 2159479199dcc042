# The function is looked at before the path has to be there, but after it is known to be one.
let drv = derivation { name = "drv"; system = "s"; builder = "b"; };
in [
  (builtins.tryEval (builtins.filterSource (throw "function") drv)).success
  (builtins.tryEval (builtins.filterSource (throw "function") "/missing")).success
]
