// The root beside the configuration: the root rules, and where it allows more than was declared, somebody is told.

import { problem, type Problem } from '#kernel/problem.ts';
import type { Root } from '#kernel/trust.ts';
import { keysOf, sameName } from './signers.ts';

export type Declared = { readonly blessers: readonly string[]; readonly threshold: number };

/**
 * What the root allows beyond the configuration: somebody may bless who is not named there, or fewer are enough. One problem
 * (`codex-untrusted`) for each; empty when the root is as strict as declared, or stricter.
 */
export const undeclared = (root: Root, { blessers, threshold }: Declared): readonly Problem[] => {
  const named = new Set(blessers.map(sameName));
  const owners = new Set(keysOf(root, root.roles.blessing).flatMap(({ owner }) => (owner === null ? [] : [owner])));
  const strangers = [...owners].filter((owner) => !named.has(sameName(owner)));
  const needed = root.roles.blessing.threshold;
  return [
    ...strangers.map((owner) =>
      problem(
        'codex-untrusted',
        `root ${root.version} lets ${owner} bless, and codex.blessers does not name ${owner}`,
        {
          mend: `name ${owner} there, or have a new root signed without that key`,
        },
      ),
    ),
    ...(needed < threshold
      ? [
          problem(
            'codex-untrusted',
            `root ${root.version} is content with ${needed} who bless, and codex.threshold asks for ${threshold}`,
            { mend: 'have a new root signed that asks for as many' },
          ),
        ]
      : []),
  ];
};
