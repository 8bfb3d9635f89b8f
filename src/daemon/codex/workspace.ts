// A codex without a configuration: in a workspace, which is known by its folders, everything lies where it always did.

import { join } from 'node:path';
import { findWorkspace } from '#adapters/codex/sources.ts';
import { memoryFiles } from '#config/files.ts';
import { quickCodex } from '#config/quickCodex.ts';
import type { CodexSite } from '#kernel/site.ts';
import type { Instant } from '#kernel/time.ts';

/** Declares a codex with nothing but its usual folders. */
const DECLARED = 'sereno: 1\nsite: workspace\ncodex: {}\n';

/** `stateDirectory`: at the root of the workspace, so that the versions are the same ones from every folder in it. */
export type WorkspaceCodex = { readonly codex: CodexSite; readonly model: null; readonly stateDirectory: string };

/** The codex of the workspace at or above a folder; null: there is no workspace. */
export const codexOfWorkspace = (from: string, now: Instant): WorkspaceCodex | null => {
  const root = findWorkspace(from);
  if (root === null) return null;
  const file = join(root, 'sereno.yaml');
  const codex = quickCodex(file, now, memoryFiles({ [file]: DECLARED }));
  if (codex === null) throw new TypeError('a codex with nothing but its usual folders is no configuration');
  return { codex, model: null, stateDirectory: join(root, '.sereno') };
};
