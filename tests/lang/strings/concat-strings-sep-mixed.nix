# Strings that must be evaluated first, up to an element that is no string, and after it.
let
  inherit (builtins) concatStringsSep genList getContext attrNames stringLength toFile trace tryEval;
  numbered = n: "n${toString n}";
  path = toFile "a" "b";
  shown = { __toString = self: trace "coerced" "shown"; };
  join = concatStringsSep ", ";
in
{
  all = join (genList numbered 5);
  many = stringLength (join (genList numbered 3000));
  firstIsNone = join [ shown (numbered 1) (trace "after" "x") ];
  middleIsNone = join [ (trace "before" "x") (numbered 1) shown (trace "behind" (numbered 2)) { outPath = "out"; } ];
  lastIsNone = join [ "plain" (numbered 1) shown ];
  emptyOnes = concatStringsSep "" (genList (n: if n == 2 then "two" else "") 4);
  one = concatStringsSep (numbered 7) (genList numbered 1);
  context = map (s: builtins.length (attrNames (getContext s))) [
    (concatStringsSep path (genList numbered 1))
    (concatStringsSep ":" (genList (n: if n == 1 then path else numbered n) 3))
    (concatStringsSep ":" [ (numbered 1) "${path}" shown ])
  ];
  fails = tryEval (join (genList (n: if n == 3 then throw "no" else numbered n) 5));
}
