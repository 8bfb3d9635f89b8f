// The dashboard's files: read once into memory, so that no path from outside ever reaches the file system.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import type { Reply } from './reply.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.json': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.txt': 'text/plain; charset=utf-8',
};

/** A built dashboard has a few dozen files; a folder with more is not one. */
const FILES_MAX = 500;
const FILE_BYTES_MAX = 10_000_000;

/** No inline script, no eval, nothing from elsewhere, no frame around it. Applied to every reply. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; " +
    "frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

const MISSING_PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Sereno</title></head>
<body>
<h1>The dashboard is not built</h1>
<p>Sereno runs, and its API answers here. This copy has no built web page: <code>npm run build</code> makes it; then
start Sereno again.</p>
<ul>
<li><a href="/health">Health</a></li>
<li><a href="/api/town">Everything, as JSON</a></li>
<li><a href="/api/openapi.json">The API, as OpenAPI 3.1</a></li>
</ul>
</body>
</html>
`;

type Page = { readonly bytes: Uint8Array<ArrayBuffer>; readonly type: string; readonly tag: string };

const readPage = (file: string): Page | null => {
  const bytes = new Uint8Array(readFileSync(file));
  const type = TYPES[extname(file).toLowerCase()];
  if (type === undefined || bytes.length > FILE_BYTES_MAX) return null;
  return { bytes, type, tag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"` };
};

const readPages = (directory: string): ReadonlyMap<string, Page> => {
  const pages = new Map<string, Page>();
  try {
    const entries = readdirSync(directory, { recursive: true, withFileTypes: true }).slice(0, FILES_MAX);
    for (const entry of entries.filter((each) => each.isFile())) {
      const file = join(entry.parentPath, entry.name);
      const page = readPage(file);
      if (page !== null) pages.set(`/${relative(directory, file).split(sep).join('/')}`, page);
    }
  } catch {
    // No such directory, or not readable: the page that says so is shown instead.
  }
  return pages;
};

export type Pages = {
  /** The reply for a path, or null when there is no such file. There is one page; it has no views with addresses of their own. */
  readonly find: (path: string, ifNoneMatch: string | undefined) => Reply | null;
};

/** Reads the built dashboard. Null, or a directory without an index.html: a plain page that says so. */
export const openPages = (directory: string | null): Pages => {
  const pages = directory === null ? new Map<string, Page>() : readPages(directory);
  return {
    find: (path, ifNoneMatch) => {
      if (path === '/' && !pages.has('/index.html')) {
        const headers = { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' };
        return { status: 200, body: MISSING_PAGE, headers };
      }
      const page = pages.get(path === '/' ? '/index.html' : path);
      if (page === undefined) return null;
      // Vite puts a hash of the content into the names under /assets/: such a file never changes.
      const cache = path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
      const headers = { 'content-type': page.type, etag: page.tag, 'cache-control': cache };
      return ifNoneMatch === page.tag ? { status: 304, body: '', headers } : { status: 200, body: page.bytes, headers };
    },
  };
};
