# Makes C++ Nix 2.8 do what 2.36 does, where that can be written in Nix: builtins by the difference that they do
# away with. What is chosen of them, and a program, are put in at the end.
(builtins':
let
  inherit (builtins') isInt isFloat isString isAttrs isList foldl' elem length seq typeOf elemAt substring stringLength genList;
  isFunction' = f: builtins'.isFunction f || isAttrs f && f ? __functor;
  smallest' = -9223372036854775807 - 1;
  overflow' = abort "integer overflow";
  both' = test: f: a: b: seq a (seq b (if isInt a && isInt b && test a b then overflow' else f a b));
  sign' = n: n >= 0;
  # Numbers of `substring` have 32 bits in 2.8.
  clamp' = n: if !isInt n then n else if n > 2147483647 then 2147483647 else if n < -1 then -1 else n;
  inRange' = x: isInt x || -9223372036854775808.0 <= x && x < 9223372036854775808.0;
  name' = n: if isString n && builtins'.match "[.][.]?(-.*)?" n != null then abort "bad name" else n;
  named' = f: x: f (if isAttrs x && x ? name then x // { name = name' x.name; } else x);
  allowed' = f: x: f (if isAttrs x && x ? name then x // { name = character' x.name; } else x);
  character' = n: if isString n && builtins'.match "[0-9a-zA-Z+._?=-]+" n == null then abort "bad name" else name' n;
  # Evaluates all of a value. Outputs of derivations, which lead in circles, are looked into once.
  deep' = depth: within: value:
    let
      isOutput = n: n == "all" || elem n (if isList value.outputs or null then value.outputs else [ "out" ]);
      isDerivation = value ? drvAttrs && value ? all;
      attribute = _: n: if !(isDerivation && isOutput n) then deep' (depth - 1) false value.${n} else
        if within then null else deep' (depth - 1) true value.${n};
    in
    if depth == 0 then null
    else if isList value then foldl' (_: deep' (depth - 1) within) null value
    else if isAttrs value then foldl' attribute null (builtins'.attrNames value)
    else null;
  emulations' = {
    integer-overflow = {
      plus' = both' (a: b: sign' a == sign' b && sign' (a + b) != sign' a) (a: b: a + b);
      add = both' (a: b: sign' a == sign' b && sign' (a + b) != sign' a) builtins'.add;
      sub = both' (a: b: sign' a != sign' b && sign' (a - b) != sign' a) builtins'.sub;
      mul = both' (a: b:
        a == -1 && b == smallest' || b == -1 && a == smallest' || a != 0 && a * b / a != b) builtins'.mul;
    };
    order-of-update = {
      update' = right: left: if isAttrs right then left // right else abort "no set";
    };
    # The list comes first, and the function is looked at if there is something to apply it to.
    functions-of-nothing = {
      map = f: l: if length l == 0 then l else if isFunction' f then builtins'.map f l else abort "no function";
      filter = f: l: if length l == 0 then l else builtins'.filter f l;
      sort = f: l: if length l == 0 then l else builtins'.sort f l;
      # Here the function is looked at even if nothing is made.
      genList = f: n: seq n (if isFunction' f then genList f n else abort "no function");
    };
    range-of-substring = {
      substring = start: count: s: substring (clamp' start) (clamp' count) s;
    };
    # Besides, whether the start is negative is seen before the string is evaluated.
    order-of-substring = {
      substring = start: count: s:
        if isInt start && start < 0 then abort "negative start" else substring (clamp' start) (clamp' count) s;
    };
    # So have those of `elemAt`.
    range-of-indexes = {
      elemAt = l: n: elemAt l (if isInt n && n != clamp' n then -1 else n);
    };
    # Integers go through floats, and those that do not come back are an error.
    range-of-rounding = {
      floor = x: if !inRange' x || isInt x && builtins'.floor x != x then abort "out of range" else builtins'.floor x;
      ceil = x: if !inRange' x || isInt x && builtins'.ceil x != x then abort "out of range" else builtins'.ceil x;
    };
    # Sets are walked in the byte order of their names; in 2.8 those known from the start (type, name, system …) come first.
    order-of-names = {
      deepSeq = a: b: seq (deep' 12 false a) (builtins'.deepSeq a b);
      program' = value: seq (deep' 12 false value) value;
    };
    # The first part of a name up to a dash is neither one dot nor two.
    names-of-store-paths = {
      toFile = n: s: builtins'.toFile (name' n) s;
      path = named' builtins'.path;
      derivation = named' builtins'.derivation;
      derivationStrict = named' builtins'.derivationStrict;
    };
    # The name is checked before the other attributes are evaluated.
    order-of-derivation = {
      derivation = allowed' builtins'.derivation;
      derivationStrict = allowed' builtins'.derivationStrict;
    };
    # It dies when it is to show what is being evaluated.
    traces-of-unfinished = {
      trace = seq;
    };
    # Messages of `addErrorContext` are not copied into the store.
    paths-of-messages = {
      addErrorContext = c: v:
        let plain = c: if builtins'.isPath c then toString c else if isAttrs c && c ? outPath && !(c ? __toString) then plain c.outPath else c; in
        builtins'.addErrorContext (plain c) v;
    };
    # Bytes that are no characters have no place in JSON: here, all that is neither ASCII nor the one other letter
    # that programs have.
    bytes-in-json = {
      toJSON = x:
        let text = builtins'.toJSON x; rest = builtins'.replaceStrings [ "é" ] [ "" ] text; in
        if builtins'.match "[[:print:][:space:]]*" (builtins'.unsafeDiscardStringContext rest) == null then abort "no text" else text;
    };
    # What does not stand in a file has no position.
    positions-of-texts = {
      unsafeGetAttrPos = n: s: let p = builtins'.unsafeGetAttrPos n s; in
        if p != null && substring 0 1 p.file != "/" then null else p;
    };
    replacements-evaluated = {
      replaceStrings = from: to: s:
        let
          count = length from;
          size = stringLength s;
          matches = at: n: let p = elemAt from n; in substring at (stringLength p) s == p;
          find = at: n: if n == count then null else if matches at n then n else find at (n + 1);
          next = state: at:
            let n = find at 0; new = elemAt to n; old = stringLength (elemAt from n); in
            if at < state.from then state
            else if n == null then { text = state.text + substring at 1 s; from = at + 1; }
            else if !isString new then abort "no string"
            else seq new {
              text = state.text + new + (if old == 0 then substring at 1 s else "");
              from = at + (if old == 0 then 1 else old);
            };
          checked = builtins'.foldl' (_: p: if isString p then null else abort "no string") null from;
          start = { text = substring 0 0 s; from = 0; };
        in
        if length to != count then abort "lengths"
        else seq checked (if !isString s then abort "no string"
        else (builtins'.foldl' next start (genList (at: at) (size + 1))).text);
    };
  };
  chosen' = { plus' = a: b: seq a (seq b (a + b)); update' = right: left: left // right; program' = x: x; } CHOSEN;
in
(builtins:
let
  inherit (builtins) map derivation derivationStrict;
  inherit (chosen') plus' update' program';
  __add = builtins.add;
  __sub = builtins.sub;
  __mul = builtins.mul;
  __map = builtins.map;
  __filter = builtins.filter;
  __sort = builtins.sort;
  __genList = builtins.genList;
  __substring = builtins.substring;
  __floor = builtins.floor;
  __ceil = builtins.ceil;
  __unsafeGetAttrPos = builtins.unsafeGetAttrPos;
  __elemAt = builtins.elemAt;
  __trace = builtins.trace;
  __toJSON = builtins.toJSON;
  __addErrorContext = builtins.addErrorContext;
  __toFile = builtins.toFile;
  __path = builtins.path;
  __deepSeq = builtins.deepSeq;
  __replaceStrings = builtins.replaceStrings;
in
program' (
PROGRAM
)) (builtins' // removeAttrs chosen' [ "plus'" "update'" "program'" ])
) builtins
