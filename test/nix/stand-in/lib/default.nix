# A stand-in for the part of nixpkgs' library that nix/ uses, so that its logic can be evaluated where there is no nixpkgs.
# A function that is missing here is an error there: using a new one means to add it. Written from the documented behaviour.
let
  inherit (builtins)
    attrNames
    concatLists
    concatStringsSep
    elem
    filter
    foldl'
    isAttrs
    listToAttrs
    match
    ;
  lib = rec {
    inherit (builtins)
      concatMap
      concatStringsSep
      elem
      head
      isAttrs
      isFunction
      length
      listToAttrs
      mapAttrs
      ;

    nameValuePair = name: value: { inherit name value; };
    genAttrs = names: f: listToAttrs (map (name: nameValuePair name (f name)) names);
    optional = condition: item: if condition then [ item ] else [ ];
    optionalString = condition: text: if condition then text else "";
    optionalAttrs = condition: set: if condition then set else { };
    unique = foldl' (kept: item: if elem item kept then kept else kept ++ [ item ]) [ ];
    concatMapStrings = f: list: concatStringsSep "" (map f list);
    concatMapStringsSep =
      separator: f: list:
      concatStringsSep separator (map f list);
    recursiveUpdate =
      left: right:
      left
      // builtins.mapAttrs (
        name: value:
        if isAttrs value && isAttrs (left.${name} or null) then recursiveUpdate left.${name} value else value
      ) right;

    escapeShellArg =
      text:
      if match "[A-Za-z0-9,._+:@%/-]+" text != null then
        text
      else
        "'${builtins.replaceStrings [ "'" ] [ "'\\''" ] text}'";

    importJSON = path: builtins.fromJSON (builtins.readFile path);
    makeBinPath = packages: concatStringsSep ":" (map (package: "${package}/bin") packages);
    getExe = package: "${package}/bin/${package.meta.mainProgram}";
    literalExpression = text: {
      _type = "literalExpression";
      inherit text;
    };
    literalMD = literalExpression;

    fileset = {
      unions = concatLists';
      maybeMissing = path: if builtins.pathExists path then path else [ ];
      toSource =
        { root, fileset }:
        {
          # A name in the place of the copy that nixpkgs would make.
          outPath = "/nix/store/stand-in-source";
          inherit root fileset;
        };
    };
    # Every named file must be there, as in nixpkgs.
    concatLists' =
      paths:
      concatLists (
        map (
          path:
          if builtins.isList path then
            path
          else if builtins.pathExists path then
            [ path ]
          else
            throw "lib.fileset.unions: ${toString path} does not exist"
        ) paths
      );

    licenses.mit.spdxId = "MIT";
    platforms.linux = [
      "x86_64-linux"
      "aarch64-linux"
    ];

    types = import ./types.nix;

    mkOption = attributes: attributes // { _type = "option"; };
    mkEnableOption =
      what:
      mkOption {
        type = types.bool;
        default = false;
        description = "Whether to enable ${what}.";
      };

    mkIf = condition: content: {
      _type = "if";
      inherit condition content;
    };
    mkMerge = contents: {
      _type = "merge";
      inherit contents;
    };
    mkOverride = priority: content: {
      _type = "override";
      inherit priority content;
    };
    mkDefault = mkOverride 1000;
    mkForce = mkOverride 50;

    inherit (import ./modules.nix { inherit lib; }) evalModules;

    nixosSystem = { modules }: import ../nixos { configuration.imports = modules; };
  };
in
lib
