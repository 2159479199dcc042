# Only two hexadecimal digits are an escape, and only digits a number.
map (ref: (builtins.parseFlakeRef ref).path or (builtins.parseFlakeRef ref).revCount) [
  "path:/a%+5c"
  "path:/a%4"
  "path:/a%41"
]
++ [ (builtins.parseFlakeRef "path:/a?revCount=+5").revCount ]
