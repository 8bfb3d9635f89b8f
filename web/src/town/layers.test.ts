// Tests of the map: who stands above whom, and what of a large town is drawn.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DRAWN_MAX, layOut, worthDrawing, type Drawn } from './layers.ts';

const make = (id: string, ...needs: readonly string[]): Drawn => ({ id, needs, health: 'healthy' });

/** Rows from the top, names within a row in order. */
const check = (services: readonly Drawn[], columnsMax: number, expected: string): void => {
  const { placed, rows } = layOut(services, columnsMax);
  const lines = Array.from({ length: rows }, (_, row) =>
    placed
      .filter((it) => it.row === row)
      .map((it) => it.id)
      .join(' '),
  );
  assert.equal(lines.join(' / '), expected);
};

test('what is needed stands lower', () =>
  check([make('api', 'db'), make('db'), make('web', 'api')], 3, 'web / api / db'));
test('the longest way counts', () => check([make('a', 'b', 'c'), make('b', 'c'), make('c')], 3, 'a / b / c'));
test('lines do not cross when they need not', () =>
  check([make('a', 'y'), make('b', 'x'), make('x'), make('y')], 3, 'a b / y x'));
test('a long layer is broken into rows', () => check([make('a'), make('b'), make('c'), make('d')], 3, 'a b / c d'));
test('a circle ends, and nobody is lost', () =>
  assert.equal(layOut([make('a', 'b'), make('b', 'a'), make('c', 'c')], 3).placed.length, 3));
test('a need that is not there draws no line', () => assert.deepEqual(layOut([make('a', 'gone')], 3).lines, []));
test('nothing is nothing', () => assert.equal(layOut([], 3).rows, 0));

test('of a large town only trouble and what it needs is drawn', () => {
  const many = Array.from({ length: 1_000 }, (_, index) => make(`unit-${index}`));
  const town = new Map<string, Drawn>(many.map((service) => [service.id, service]));
  town.set('bad', { id: 'bad', needs: ['unit-7'], health: 'unhealthy' });
  assert.deepEqual(
    worthDrawing(town).map((service) => service.id),
    ['bad', 'unit-7'],
  );
  for (const service of many) town.set(service.id, { ...service, health: 'unknown' });
  assert.equal(worthDrawing(town).length, DRAWN_MAX);
});
