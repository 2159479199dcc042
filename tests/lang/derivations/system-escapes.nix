# The system is written into the derivation as it is, unlike all other strings.
map (system: (derivation { inherit system; name = "a"; builder = "b"; }).drvPath) [ "\\" "\"" "\n" "x\ty" ]
