import ./here.nix
