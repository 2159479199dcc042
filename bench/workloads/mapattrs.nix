# What makes sets of sets: mapAttrs, listToAttrs, removeAttrs, intersectAttrs, attrNames.
let
  names = builtins.genList (n: "name-${toString n}") 60000;
  set = builtins.listToAttrs (map (name: { inherit name; value = builtins.stringLength name; }) names);
  doubled = builtins.mapAttrs (name: value: 2 * value) set;
  fewer = removeAttrs doubled (builtins.filter (name: builtins.match ".*7" name != null) names);
  both = builtins.intersectAttrs fewer set;
in
builtins.foldl' (sum: name: sum + both.${name} + fewer.${name}) 0 (builtins.attrNames both)
