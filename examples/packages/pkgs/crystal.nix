{ mkPackage }:
mkPackage {
  name = "crystal";
  version = "1.4.2";
  summary = "a library that grows six-fold symmetric shapes";
}
