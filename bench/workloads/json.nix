# JSON, there and back.
let
  value = builtins.genList (n: { id = n; name = "entry ${toString n}"; tags = [ "a" "b" null true ]; nested = { x = 1.5; y = -n; }; }) 30000;
  text = builtins.toJSON value;
in
[ (builtins.stringLength text) (builtins.length (builtins.fromJSON text)) (builtins.fromJSON text == value) ]
