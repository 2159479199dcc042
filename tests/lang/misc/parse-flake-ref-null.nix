builtins.parseFlakeRef "path:/a%00c"
