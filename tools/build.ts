// Builds what is shipped: the command line as a bundle of chunks in dist/, the dashboard in dist/web, the SQL in dist/schema.
//
// A bundle, because a command that loads its packages file by file starts in twice the time. In chunks, so that a command
// pays only for what it imports. Chunks lie flat beside the entry, so that `import.meta.dirname` is dist/ everywhere.

import { build } from 'esbuild';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { build as buildWeb } from 'vite';

const OUT = 'dist';
/** Built here and then moved, so that a program running from dist/ never sees half a build. */
const STAGE = join('node_modules/.cache', `build-${process.pid}`);

/** Packages written for `require` get one; esbuild's own would refuse the modules of Node. */
const BANNER = `import { createRequire as createRequireHere } from 'node:module';
const require = createRequireHere(import.meta.url);`;

/** Native twins that packages try to load and do without. */
const NOT_BUNDLED = ['pg-native', 'pg-cloudflare'];

/** A file beside a module is not beside it any more once bundled; a thread or a table loaded so would be missing. */
const BESIDE = /new URL\(["']\.\/[^"']+\.(?:ts|json)["'], import\.meta\.url\)/;

const bundle = async (): Promise<void> => {
  await build({
    entryPoints: { sereno: 'src/cli/main.ts' },
    outdir: STAGE,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    chunkNames: '[name]-[hash]',
    banner: { js: BANNER },
    external: NOT_BUNDLED,
    minifySyntax: true,
    legalComments: 'linked',
    sourcemap: false,
    logLevel: 'warning',
  });
};

/** The client of the codex, `sereno/codex`: one file that needs Node and nothing else, and the types of what it gives. */
const client = async (): Promise<void> => {
  const source = 'src/client/codex.ts';
  await build({
    entryPoints: { codex: source },
    outdir: STAGE,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    legalComments: 'linked',
    logLevel: 'warning',
  });
  const { outputText, diagnostics } = ts.transpileDeclaration(readFileSync(source, 'utf8'), {
    fileName: source,
    reportDiagnostics: true,
    compilerOptions: { isolatedDeclarations: true, stripInternal: true },
  });
  const [flaw] = diagnostics ?? [];
  if (flaw !== undefined) throw new Error(`${source}: ${ts.flattenDiagnosticMessageText(flaw.messageText, ' ')}`);
  // A type from another file would be missing where the client is used.
  if (/^import /m.test(outputText)) throw new Error(`${source}: what it exports must be declared in it`);
  writeFileSync(join(STAGE, 'codex.d.ts'), outputText);
};

/** Fails on what a bundle breaks without a word. */
const assertWhole = (): void => {
  const broken = chunks().filter((name) => BESIDE.test(readFileSync(join(STAGE, name), 'utf8')));
  if (broken.length > 0) throw new Error(`${broken.join(', ')} loads a file that lay beside its source`);
};

const chunks = (): readonly string[] => readdirSync(STAGE).filter((name) => name.endsWith('.js'));

const dashboard = async (): Promise<void> => {
  if (!existsSync('web/index.html')) return;
  await buildWeb({
    configFile: 'web/vite.config.ts',
    logLevel: 'warn',
    build: { outDir: resolve(STAGE, 'web'), emptyOutDir: true },
  });
};

/** Takes the place of the last build; whoever runs from it keeps the files that are open. */
const settle = (): void => {
  const old = `${STAGE}-old`;
  if (existsSync(OUT)) renameSync(OUT, old);
  renameSync(STAGE, OUT);
  rmSync(old, { recursive: true, force: true });
};

const main = async (): Promise<void> => {
  const began = performance.now();
  mkdirSync(STAGE, { recursive: true });
  try {
    await bundle();
    await client();
    const count = chunks().length;
    assertWhole();
    if (existsSync('schema')) cpSync('schema', join(STAGE, 'schema'), { recursive: true });
    await dashboard();
    settle();
    console.log(`build: ${count} chunks in ${OUT}/, ${Math.round(performance.now() - began)} ms`);
  } finally {
    rmSync(STAGE, { recursive: true, force: true });
  }
};

await main();
