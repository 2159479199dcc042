# One package.
{ nixpkgs }:
(import nixpkgs { system = "x86_64-linux"; config = { }; }).hello.drvPath
