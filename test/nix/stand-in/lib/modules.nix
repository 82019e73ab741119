# A small module system: options with types and defaults, mkIf, mkMerge, priorities, imports. What no option declares is
# merged freely: sets by name, lists end to end, texts of scripts line after line; two different single values are an error.
{ lib }:
let
  # A module in any of its forms -> [ { options, config } ], its imports included.
  collect =
    arguments: module:
    let
      loaded = if builtins.isPath module || builtins.isString module then import module else module;
      content = if builtins.isFunction loaded then loaded arguments else loaded;
      isLong = content ? config || content ? options;
    in
    builtins.concatLists (map (collect arguments) (content.imports or [ ]))
    ++ [
      {
        options = content.options or { };
        config = if isLong then content.config or { } else builtins.removeAttrs content [ "imports" ];
      }
    ];

  # One value with its wrappers -> definitions without any; the conditions stay unevaluated.
  definitions =
    definition:
    let
      kind = if builtins.isAttrs definition.value then definition.value._type or null else null;
    in
    if kind == "if" then
      definitions (
        definition
        // {
          live = definition.live && definition.value.condition;
          value = definition.value.content;
        }
      )
    else if kind == "merge" then
      builtins.concatMap (value: definitions (definition // { inherit value; })) definition.value.contents
    else if kind == "override" then
      definitions (
        definition
        // {
          inherit (definition.value) priority;
          value = definition.value.content;
        }
      )
    else
      [ definition ];

  define = value: {
    live = true;
    priority = 100;
    inherit value;
  };

  # The definitions of `name` inside of sets of definitions.
  below =
    name: defs:
    builtins.concatMap (
      definition:
      if builtins.isAttrs definition.value && definition.value ? ${name} then
        definitions (definition // { value = definition.value.${name}; })
      else
        [ ]
    ) defs;

  # Those that count: their conditions hold, and none has a stronger claim.
  strongest =
    defs:
    let
      live = builtins.filter (definition: definition.live) defs;
      best = builtins.foldl' (
        lowest: definition: if definition.priority < lowest then definition.priority else lowest
      ) 10000 live;
    in
    map (definition: definition.value) (
      builtins.filter (definition: definition.priority == best) live
    );

  isPlainSet = value: builtins.isAttrs value && !(value ? outPath);
  isScript = path: builtins.match ".*\\.(preStart|preStop|script|text)" path != null;
  describe = value: if builtins.isFunction value then "a function" else builtins.toJSON value;

  merge =
    path: defs:
    let
      values = strongest defs;
      first = builtins.head values;
      names = builtins.attrNames (builtins.foldl' (all: value: all // value) { } values);
      present = builtins.filter (
        name: builtins.any (definition: definition.live) (below name defs)
      ) names;
      live = builtins.filter (definition: definition.live) defs;
    in
    if builtins.all isPlainSet values then
      lib.genAttrs present (name: merge "${path}.${name}" (below name live))
    else if builtins.all builtins.isList values then
      builtins.concatLists values
    else if builtins.length values == 1 || builtins.all (value: value == first) values then
      first
    else if isScript path && builtins.all builtins.isString values then
      builtins.concatStringsSep "\n" values
    else
      throw "The option `${path}' is defined twice: ${builtins.concatStringsSep " and " (map describe values)}.";

  optionValue =
    path: option: defs:
    let
      values = strongest defs;
      value =
        if values == [ ] then
          option.default or (throw "The option `${path}' is used but not defined.")
        else if builtins.all builtins.isList values then
          builtins.concatLists values
        else if builtins.all (other: other == builtins.head values) values then
          builtins.head values
        else
          throw "The option `${path}' has conflicting definitions: ${builtins.concatStringsSep " and " (map describe values)}.";
    in
    if option.type.check value then
      value
    else
      throw "A definition for option `${path}' is not of type `${option.type.name}'. Definition values: ${describe value}";

  # The tree of declared options -> the tree of their values.
  declared =
    path: options: defs:
    builtins.mapAttrs (
      name: option:
      let
        here = if path == "" then name else "${path}.${name}";
        inner = below name defs;
      in
      if option._type or null == "option" then
        optionValue here option inner
      else
        declared here option inner
    ) options;

  # Names below a declared group that no option has: misspelt settings.
  undeclared =
    path: options: defs:
    builtins.concatMap (
      definition:
      builtins.concatMap (
        name:
        let
          here = if path == "" then name else "${path}.${name}";
        in
        if !(options ? ${name}) then
          (if path == "" || path == "services" then [ ] else [ here ])
        else if options.${name}._type or null == "option" then
          [ ]
        else
          undeclared here options.${name} (below name [ definition ])
      ) (builtins.attrNames definition.value)
    ) (builtins.filter (definition: isPlainSet definition.value) defs);
in
{
  # `facts` are values of options that somebody else declares: modules may read them. The result's `config` holds
  # everything; modules themselves see only the facts and the options declared among them.
  evalModules =
    {
      modules,
      facts ? { },
      pkgs,
    }:
    let
      arguments = {
        inherit lib pkgs;
        config = lib.recursiveUpdate facts values;
        options = options;
      };
      loaded = builtins.concatLists (map (collect arguments) modules);
      options = builtins.foldl' (all: module: lib.recursiveUpdate all module.options) { } loaded;
      defs = builtins.concatMap (module: definitions (define module.config)) loaded;
      values = declared "" options defs;
      unknown = undeclared "" options defs;
      # What no option declares, merged freely.
      free = merge "" (
        map (
          definition:
          definition
          // {
            value = builtins.removeAttrs definition.value [ "services" ] // {
              services = builtins.removeAttrs (definition.value.services or { }) (
                builtins.attrNames (options.services or { })
              );
            };
          }
        ) defs
      );
    in
    {
      inherit options;
      config =
        if unknown != [ ] then
          throw "The option `${builtins.head unknown}' does not exist."
        else
          lib.recursiveUpdate facts (lib.recursiveUpdate free values);
    };
}
