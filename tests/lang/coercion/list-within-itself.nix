toString (let l = [ "a" l ]; in l)
