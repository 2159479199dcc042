# The overriding value is a part of its own, and so sees itself.
rec { z = 1; __overrides = { z = z + 1; }; }
