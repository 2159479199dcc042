if true then 1 else [ nowhere (with { }; somewhere) { inherit absent; } ]
