// Who may import whom: the whole architecture as three tables and the rules made from them. Read the tables aloud.
//
// The default is no. A folder without a row may not be imported and may not import; `tools/imports.ts` also fails when a
// folder exists that has no row, and when the cruiser saw fewer modules than there are files on disk.

/** A folder of src/ may import itself and these folders. */
export const MAY_IMPORT = {
  kernel: [],
  observe: ['kernel'],
  judge: ['kernel'],
  decide: ['kernel'],
  act: ['kernel'],
  learn: ['kernel'],
  duties: ['kernel'], // each family for itself: they are strangers to each other and to the stages
  ports: ['kernel'],
  loop: ['kernel', 'observe', 'judge', 'decide', 'act', 'learn', 'ports'], // duties are handed in
  sim: ['kernel', 'duties', 'ports', 'loop'],
  adapters: ['kernel', 'ports'], // each adapter for itself
  config: ['kernel'],
  api: ['kernel'],
  client: ['kernel'], // it is shipped to other programs: what it imports, they carry
  server: ['kernel', 'ports', 'api'],
  daemon: ['kernel', 'judge', 'duties', 'ports', 'loop', 'adapters', 'config', 'server'],
  cli: ['kernel', 'judge', 'api', 'config', 'daemon', 'sim'],
};

/** Outside src/, a folder may import itself and these folders of src/. */
export const MAY_IMPORT_FROM_SRC = {
  web: ['api'],
  scenarios: ['kernel', 'duties', 'ports', 'loop', 'sim', 'config'],
  tools: ['kernel', 'api', 'config', 'cli', 'sim'],
  test: Object.keys(MAY_IMPORT), // end to end: may also look inside to prepare and to compare
  bench: Object.keys(MAY_IMPORT),
};

/** A test beside the code (`*.test.ts`, `*.contract.ts`) may import, besides the row of its folder, these folders. */
export const TESTS_MAY_ALSO_IMPORT = ['kernel', 'duties', 'ports', 'loop', 'sim'];

/** A folder, and within adapters each adapter, may import these packages from npm and no others. */
export const PACKAGES = {
  'adapters/codex': ['yaml'],
  'adapters/http': ['jsonpath-rfc9535'],
  'adapters/liquid': ['liquidjs'],
  'adapters/otlp': ['@bufbuild/protobuf'],
  'adapters/postgres': ['pg'],
  'adapters/redis': ['ioredis'],
  config: ['yaml', 'zod'],
  api: ['zod'],
  server: ['hono', '@hono/node-server', 'zod'],
  cli: ['commander', 'picocolors', 'cli-table3'],
  web: ['react', 'react-dom', 'uplot'],
};

/** Tests beside the code may import these packages besides: generators, and independent second opinions. */
const TEST_PACKAGES = [
  'fast-check',
  'ajv',
  'ajv-formats',
  'canonicalize',
  '@tufjs/models',
  '@sigstore/verify',
  '@sigstore/bundle',
];

/** These folders know no operating system: no module of Node at all. */
export const NO_NODE = ['kernel', 'observe', 'judge', 'decide', 'act', 'learn', 'duties', 'ports', 'loop', 'api'];

/** The simulator hashes its transcripts, and uses nothing else of Node. */
const SIM_MAY_USE_OF_NODE = ['crypto'];

/** The program around the simulated world: it reads arguments, hires threads, keeps the seeds, and prints. */
export const SIM_SHELL = ['main', 'order', 'campaign', 'worker', 'seedbook', 'killbook', 'mutation'];

// From here on: how the tables become rules.

const TEST_FILE = '[.](test|contract)[.]ts$';
const any = (names) => `(${names.map((name) => name.replaceAll('/', '\\/')).join('|')})`;
const known = Object.keys(MAY_IMPORT);
const SHELL_FILE = `^src/sim/${any(SIM_SHELL)}[.]ts$`;

/** Packages are matched where npm puts them; the second form is a package whose files are not installed. */
const packages = (names) => [`node_modules/${any(names)}/`, `^${any(names)}$`];
const NPM = ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-bundled', 'npm-no-pkg', 'npm-unknown'];

const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

const crossings = Object.entries(MAY_IMPORT).map(([folder, row]) =>
  rule(
    `row-${folder}`,
    `${folder} may import ${row.join(', ') || 'nothing'}`,
    { path: `^src/${folder}/`, pathNot: TEST_FILE },
    { path: '^(src|web|test|tools|bench|scenarios|examples)/', pathNot: `^src/${any([folder, ...row])}/` },
  ),
);

const testCrossings = Object.entries(MAY_IMPORT).map(([folder, row]) =>
  rule(
    `test-row-${folder}`,
    `tests of ${folder} may import ${[...row, ...TESTS_MAY_ALSO_IMPORT].join(', ')}`,
    { path: `^src/${folder}/.*${TEST_FILE}` },
    {
      path: '^(src|web|test|tools|bench|scenarios|examples)/',
      pathNot: `^src/${any([folder, ...row, ...TESTS_MAY_ALSO_IMPORT])}/`,
    },
  ),
);

const outside = Object.entries(MAY_IMPORT_FROM_SRC).map(([folder, row]) =>
  rule(
    `row-${folder}`,
    `${folder} may import ${row.join(', ')} of src`,
    { path: `^${folder}/` },
    {
      path: '^(src|web|test|tools|bench|scenarios|examples)/',
      pathNot: [`^${folder}/`, `^src/${any(row)}/`],
    },
  ),
);

const strangers = ['duties', 'adapters'].map((folder) =>
  rule(
    `strangers-${folder}`,
    `each folder in ${folder} is a stranger to its neighbours, in tests too`,
    { path: `^src/${folder}/([^/]+)/` },
    { path: `^src/${folder}/`, pathNot: `^src/${folder}/$1/` },
  ),
);

const allowedPackages = (folder) =>
  Object.entries(PACKAGES).flatMap(([owner, names]) => (owner === folder ? names : []));

const packageOwners = [...known.filter((folder) => folder !== 'adapters').map((folder) => `src/${folder}`), 'web'];

const foreignPackages = packageOwners.map((folder) => {
  const names = allowedPackages(folder.replace('src/', ''));
  return rule(
    `packages-${folder.replace('src/', '')}`,
    `${folder} may import from npm: ${names.join(', ') || 'nothing'}`,
    { path: `^${folder}/`, pathNot: [TEST_FILE, '^web/[^/]+$'] },
    { dependencyTypes: NPM, ...(names.length === 0 ? {} : { pathNot: packages(names) }) },
  );
});

const adapterOwners = Object.keys(PACKAGES).filter((owner) => owner.startsWith('adapters/'));

const drivers = [
  ...adapterOwners.map((owner) =>
    rule(
      `driver-${owner.replace('adapters/', '')}`,
      `${owner} may import from npm: ${PACKAGES[owner].join(', ')}`,
      { path: `^src/${owner}/`, pathNot: TEST_FILE },
      { dependencyTypes: NPM, pathNot: packages(PACKAGES[owner]) },
    ),
  ),
  rule(
    'driver-none',
    'an adapter without a row in PACKAGES may import nothing from npm',
    { path: '^src/adapters/', pathNot: [TEST_FILE, `^src/${any(adapterOwners)}/`] },
    { dependencyTypes: NPM },
  ),
  ...[...packageOwners, 'src/adapters'].map((folder) =>
    rule(
      `test-packages-${folder.replace('src/', '')}`,
      `tests of ${folder} may also import ${TEST_PACKAGES.join(', ')}`,
      { path: `^${folder}/.*${TEST_FILE}` },
      { dependencyTypes: NPM, pathNot: packages([...Object.values(PACKAGES).flat(), ...TEST_PACKAGES]) },
    ),
  ),
];

const purity = [
  rule(
    'no-node-in-the-core',
    `${NO_NODE.join(', ')} know no operating system`,
    { path: `^src/${any(NO_NODE)}/`, pathNot: TEST_FILE },
    { dependencyTypes: ['core'] },
  ),
  rule(
    'no-node-in-the-web',
    'the dashboard runs in a browser',
    { path: '^web/src/', pathNot: '[.]test[.]tsx?$' },
    { dependencyTypes: ['core'] },
  ),
  rule(
    'only-crypto-in-the-sim',
    'a simulation that could read a file or a clock would not repeat itself',
    { path: '^src/sim/', pathNot: [TEST_FILE, SHELL_FILE] },
    { dependencyTypes: ['core'], pathNot: `^(node:)?${any(SIM_MAY_USE_OF_NODE)}$` },
  ),
  rule(
    'the-world-knows-no-shell',
    'the simulated world may not import the program around it',
    { path: '^src/sim/', pathNot: [TEST_FILE, SHELL_FILE] },
    { path: SHELL_FILE },
  ),
];

const always = [
  rule('no-cycles', 'what goes round cannot be read from top to bottom', {}, { circular: true }),
  rule('found', 'an import that leads nowhere', {}, { couldNotResolve: true }),
  rule(
    'folder-has-a-row',
    'a folder of src without a row in MAY_IMPORT, or a file that is in no folder',
    { path: '^src/', pathNot: `^src/${any(known)}/` },
    {},
  ),
  rule(
    'folder-imported-has-a-row',
    'a folder of src without a row in MAY_IMPORT',
    {},
    { path: '^src/', pathNot: `^src/${any(known)}/` },
  ),
  rule(
    'tests-are-leaves',
    'only tests import tests; a contract is imported by tests',
    { path: '^(src|web)/', pathNot: [TEST_FILE, '[.]test[.]tsx?$'] },
    { path: '[.](test|contract)[.]tsx?$' },
  ),
  rule(
    'no-deprecated-node',
    'a module of Node that is on its way out',
    {},
    { dependencyTypes: ['core'], path: '^(node:)?(punycode|domain|constants|sys|_.*)$' },
  ),
];

export default {
  forbidden: [
    ...crossings,
    ...testCrossings,
    ...outside,
    ...strangers,
    ...foreignPackages,
    ...drivers,
    ...purity,
    ...always,
  ],
  options: {
    tsPreCompilationDeps: true, // a type import is an import: it is how two folders come to know each other
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.json', '.d.ts'],
    },
  },
};
