# The literal beginning is made canonical before the rest follows.
[
  /a/.${"b"}
  /a/..${"b"}
  /.${"b"}
  /a/.${"."}/b
  /a/${"b"}
  /a/b/../${"c"}d/e
  (./.${"b"} == ./. + "b")
  (~/.${"config"} == ~/.config)
  (~/a/${"b"} == ~/a/b)
]
