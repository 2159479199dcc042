let f = n: if n == 0 then 0 else f (n + 9223372036854775807); in f 1
