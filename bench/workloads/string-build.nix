# Strings: interpolation, joining, replacing, substrings.
let
  words = builtins.genList (n: "word${toString n}") 100000;
  text = builtins.concatStringsSep " " (map (word: "<${word}>") words);
  replaced = builtins.replaceStrings [ "<word1" ">" ] [ "(" ")" ] text;
  grown = builtins.foldl' (s: n: s + toString n) "" (builtins.genList (n: n) 3000);
in
[ (builtins.stringLength replaced) (builtins.stringLength grown) (builtins.substring 1000 20 replaced) ]
