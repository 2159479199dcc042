builtins.scopedImport 1 ./no-such-file.nix
