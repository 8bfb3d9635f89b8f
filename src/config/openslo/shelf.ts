// The shelf: all objects of a file by kind and name, each with its way back to its line.

import type { Json } from '#kernel/evidence.ts';
import { problem, type Problem } from '#kernel/problem.ts';
import type * as z from 'zod';
import { readDocuments, type Path, type Source } from '../document.ts';
import type { FileContent } from '../files.ts';
import { about, unknownName, type Ground } from '../finding.ts';
import { issuesProblems } from '../issue.ts';
import { API_VERSION, isKind, KINDS, OBJECTS, type Kind } from './grammar.ts';

type ObjectOf<Name extends Kind> = z.output<(typeof OBJECTS)[Name]>;
export type Item<Name extends Kind> = { readonly ground: Ground; readonly object: ObjectOf<Name> };

type Items = { readonly [Name in Kind]: Map<string, Item<Name>> };

export type Shelf = {
  readonly items: Items;
  readonly problems: Problem[];
  /** What a person should know although it could be read. */
  readonly notes: Problem[];
};

const put = <Name extends Kind>(shelf: Shelf, kind: Name, source: Source): void => {
  const ground: Ground = { tree: source.tree, locate: source.locate };
  const parsed = OBJECTS[kind].safeParse(source.tree);
  if (!parsed.success) {
    shelf.problems.push(...issuesProblems(ground, parsed.error.issues));
    return;
  }
  const object = parsed.data as ObjectOf<Name>; // decoder: the schema of that very kind
  const items: Map<string, Item<Name>> = shelf.items[kind];
  const { name } = object.metadata;
  if (items.has(name))
    shelf.problems.push(about(ground, ['metadata', 'name'], 'config-duplicate', `each ${kind} once in a file`));
  items.set(name, { ground, object });
};

const place = (shelf: Shelf, source: Source): void => {
  const ground: Ground = { tree: source.tree, locate: source.locate };
  const { apiVersion, kind } = source.tree;
  if (apiVersion !== API_VERSION) shelf.problems.push(about(ground, ['apiVersion'], 'config-bad-value', API_VERSION));
  else if (isKind(kind)) put(shelf, kind, source);
  else shelf.problems.push(about(ground, ['kind'], 'config-bad-value', `one of ${KINDS.join(', ')}`));
};

/** Reads all objects of a file. What is wrong is collected; nothing is thrown. */
export const stock = (file: string, content: FileContent): Shelf => {
  const shelf: Shelf = {
    items: {
      SLO: new Map(),
      SLI: new Map(),
      Service: new Map(),
      AlertPolicy: new Map(),
      AlertCondition: new Map(),
      AlertNotificationTarget: new Map(),
      DataSource: new Map(),
    },
    problems: [],
    notes: [],
  };
  for (const { source, problems } of readDocuments(file, content)) {
    shelf.problems.push(...problems);
    if (source !== null) place(shelf, source);
  }
  return shelf;
};

/** Where something is said: in which object, and at which path of it. */
export type Spot = { readonly ground: Ground; readonly path: Path };

export const below = (spot: Spot, ...steps: Path): Spot => ({ ground: spot.ground, path: [...spot.path, ...steps] });

/** What cannot be carried over: told, and nothing is imported. */
export const refuse = (shelf: Shelf, { ground, path }: Spot, expected: string, mend: string | null = null): void => {
  shelf.problems.push({ ...about(ground, path, 'config-bad-value', expected), mend });
};

/** What is left out although nothing is judged otherwise by it. */
export const remark = (shelf: Shelf, { ground, path }: Spot, message: string): void => {
  shelf.notes.push(problem('config-bad-value', message, { place: ground.locate(path) }));
};

/** The object that a name refers to; null, and told, when the file does not have it. */
export const find = <Name extends Kind>(shelf: Shelf, kind: Name, name: string, spot: Spot): Item<Name> | null => {
  const items: ReadonlyMap<string, Item<Name>> = shelf.items[kind];
  const item = items.get(name);
  if (item !== undefined) return item;
  shelf.problems.push(
    unknownName(spot.ground, spot.path, name, {
      noun: `an object of kind ${kind} in this file`,
      names: [...items.keys()],
    }),
  );
  return null;
};

export const isTree = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
