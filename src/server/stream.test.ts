// The event stream: quick, bounded, and honest about what it had to leave out.

import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { connectTo } from '#api/client.ts';
import type { StreamMessage } from '#api/stream.ts';
import { fakeRecord, fakeService, fakeTown } from './desk.fake.test.ts';
import { startFake, type StartedFake } from './started.fake.test.ts';

const withFake = async (work: (fake: StartedFake) => Promise<void>): Promise<void> => {
  const fake = await startFake();
  try {
    await work(fake);
    assert.deepEqual(fake.faults, []);
  } finally {
    await fake.stop();
  }
};

type Following = {
  readonly messages: readonly StreamMessage[];
  /** Resolves with the first message that fits, come or to come. */
  readonly first: (isIt: (message: StreamMessage) => boolean) => Promise<StreamMessage>;
  readonly ended: Promise<unknown>;
  readonly stop: () => void;
};

const follow = (fake: StartedFake, after?: number): Following => {
  const ending = new AbortController();
  const messages: StreamMessage[] = [];
  const waiting = new Set<(message: StreamMessage) => void>();
  const ended = connectTo({ url: fake.url, token: null }).follow({
    signal: ending.signal,
    ...(after === undefined ? {} : { after }),
    onMessage: (message) => {
      messages.push(message);
      for (const tell of waiting) tell(message);
    },
  });
  return {
    messages,
    first: (isIt) =>
      new Promise((resolve) => {
        const known = messages.find(isIt);
        if (known !== undefined) resolve(known);
        else waiting.add((message) => isIt(message) && resolve(message));
      }),
    ended,
    stop: () => ending.abort(),
  };
};

const isEvent =
  (event: StreamMessage['event']) =>
  (message: StreamMessage): boolean =>
    message.event === event;

test('it greets, and a change is seen within a second; of many about one service only the newest', () =>
  withFake(async (fake) => {
    const following = follow(fake);
    const hello = await following.first(isEvent('hello'));
    assert.deepEqual(hello.event === 'hello' ? [hello.body.site, hello.body.lastSeq] : [], ['demo', 3]);
    const toldAt = performance.now();
    for (let index = 0; index < 50; index += 1) {
      fake.desk.tell({ kind: 'service', service: fakeService('api', { headline: `change ${index}` }) });
    }
    fake.desk.setTown(fakeTown({ isSafeMode: true }));
    fake.desk.tell({ kind: 'town' });
    const seen = await following.first(isEvent('service'));
    const tookMs = performance.now() - toldAt;
    assert.ok(tookMs < 1_000, `took ${tookMs} ms`);
    assert.equal(seen.event === 'service' ? seen.body.headline : '', 'change 49');
    const town = await following.first(isEvent('town'));
    assert.equal(town.event === 'town' ? town.body.isSafeMode : null, true);
    assert.equal(following.messages.filter(isEvent('service')).length, 1);
    following.stop();
  }));

test('Last-Event-ID catches up on evidence: nothing missed, nothing twice', () =>
  withFake(async (fake) => {
    fake.desk.addRecords(5);
    const following = follow(fake, 2);
    await following.first((message) => message.event === 'evidence' && message.body.seq === 8);
    fake.desk.tell({ kind: 'evidence', record: fakeRecord(8) });
    fake.desk.tell({ kind: 'evidence', record: fakeRecord(9) });
    await following.first((message) => message.event === 'evidence' && message.body.seq === 9);
    const seqs = following.messages.flatMap((message) => (message.event === 'evidence' ? [message.body.seq] : []));
    assert.deepEqual(seqs, [3, 4, 5, 6, 7, 8, 9]);
    following.stop();
  }));

test('too far behind to catch up: told to fetch everything again', () =>
  withFake(async (fake) => {
    fake.desk.addRecords(1_500);
    const following = follow(fake, 2);
    const said = await following.first(isEvent('resync'));
    assert.equal(said.event === 'resync' ? said.body.why : '', 'too far behind');
    following.stop();
  }));

test('the 65th listener is turned away with 429; when one leaves there is room again', () =>
  withFake(async (fake) => {
    const followings = Array.from({ length: 64 }, () => follow(fake));
    await Promise.all(followings.map((following) => following.first(isEvent('hello'))));
    assert.equal(fake.listeners(), 64);
    const refused = await fake.send({ path: '/api/events' });
    assert.equal(refused.status, 429);
    assert.equal(refused.headers['content-type'], 'application/json; charset=utf-8');
    followings[0]?.stop();
    const until = Date.now() + 5_000;
    while (fake.listeners() === 64 && Date.now() < until) await new Promise((resolve) => setImmediate(resolve));
    const next = follow(fake);
    await next.first(isEvent('hello'));
    for (const following of [...followings, next]) following.stop();
  }));

/** A listener that asks for the stream and then never reads. */
const deafSocket = (port: number): Promise<Socket> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write('GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n');
      socket.once('readable', () => resolve(socket));
    });
    socket.on('error', () => undefined);
  });

test('a listener that does not read is let go, costs bounded memory, and delays nobody', () =>
  withFake(async (fake) => {
    const deaf = await deafSocket(fake.port);
    const following = follow(fake);
    await following.first(isEvent('hello'));
    assert.equal(fake.listeners(), 2);
    // About 40 MB in all: far more than the sockets' own buffers take.
    const headline = 'x'.repeat(1_000_000);
    let round = 0;
    while (fake.listeners() === 2 && round < 40) {
      for (let index = 0; index < 100; index += 1) {
        fake.desk.tell({
          kind: 'service',
          service: fakeService(`s${index}`, { headline: index === 0 ? headline : `${round}` }),
        });
      }
      const wanted = String(round);
      await following.first(
        (message) => message.event === 'service' && message.body.id === 's99' && message.body.headline === wanted,
      );
      round += 1;
    }
    assert.equal(fake.listeners(), 1, `still held after ${round} rounds`);
    assert.equal(following.messages.filter(isEvent('resync')).length, 0);
    following.stop();
    deaf.destroy();
  }));

test('when Sereno goes down the stream says so and ends', async () => {
  const fake = await startFake();
  const following = follow(fake);
  await following.first(isEvent('hello'));
  await fake.stop();
  await following.ended;
  const last = following.messages.at(-1);
  assert.equal(last?.event === 'resync' ? last.body.why : '', 'Sereno is going down');
});
