# A larger package.
{ nixpkgs }:
(import nixpkgs { system = "x86_64-linux"; config = { }; }).python3.drvPath
