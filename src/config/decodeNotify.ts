// Decodes how people are reached: channels, routes, and the heartbeat to somebody who watches the watchman.

import type { Severity } from '#kernel/notification.ts';
import { problem } from '#kernel/problem.ts';
import type { Channel, Site } from '#kernel/site.ts';
import { minutes } from '#kernel/time.ts';
import { declare, whyMissing, type Decoding } from './decoding.ts';
import { unknownName, valueAt } from './finding.ts';
import type { ChannelText, SiteText } from './grammar.ts';
import { NAME_PATTERN } from './word.ts';

/** The one channel that is always there. */
const TERMINAL: Channel = { name: 'terminal', kind: 'terminal', url: null };
const HEARTBEAT_EVERY_DEFAULT = minutes(1);
const SEVERITIES: readonly Severity[] = ['SEV1', 'SEV2', 'SEV3', 'SEV4'];

const DELIVERS: ReadonlySet<Channel['kind']> = new Set(['webhook', 'alertmanager', 'terminal']);

/** Channels that have an adapter in this release. */
const isActive = (channel: Channel): boolean =>
  channel.kind === 'terminal' || (DELIVERS.has(channel.kind) && channel.url !== null);

const channelOf = (name: string, text: ChannelText): Channel => {
  if (text.webhook !== undefined) return { name, kind: 'webhook', url: text.webhook.url };
  if (text.alertmanager !== undefined) return { name, kind: 'alertmanager', url: text.alertmanager.url };
  if (text.slack !== undefined) return { name, kind: 'slack', url: text.slack.webhook };
  if (text.smtp !== undefined) return { name, kind: 'smtp', url: text.smtp.url };
  return { name, kind: text.pagerduty === undefined ? 'terminal' : 'pagerduty', url: null };
};

const decodeChannel = (decoding: Decoding, name: string, text: ChannelText): Channel => {
  const path = ['notify', name];
  const channel = channelOf(name, text);
  if (!NAME_PATTERN.test(name))
    decoding.problems.push(
      problem('config-bad-value', `${JSON.stringify(name.slice(0, 80))} cannot be a name here`, {
        place: decoding.ground.locate(path, true),
        expected: 'a name of letters, digits, dots, dashes and underscores, at most 63',
      }),
    );
  const isKindActive = DELIVERS.has(channel.kind);
  const why = whyMissing(decoding, path);
  const { headers } = { headers: undefined, ...text.webhook };
  if (headers !== undefined) declare(decoding, [...path, 'webhook', 'headers'], `headers of the webhook ${name}`);
  if (!isKindActive) declare(decoding, path, `channel of kind ${channel.kind}`);
  if (why === null) return channel;
  decoding.warnings.push(
    problem('config-secret-missing', `channel ${name} cannot deliver: ${why}`, { place: decoding.ground.locate(path) }),
  );
  return { ...channel, url: null };
};

type Routes = Site['routes'];

/** A route that reaches nobody today is made to reach the terminal: a page that disappears is worse than a loud screen. */
const withFallback = (
  decoding: Decoding,
  severity: Severity,
  names: readonly string[],
  channels: readonly Channel[],
): readonly string[] => {
  const reached = channels.filter((channel) => names.includes(channel.name));
  if (names.length === 0 || reached.some(isActive)) return names;
  decoding.warnings.push(
    problem(
      'config-bad-value',
      `${severity} goes to ${names.join(', ')}, none of which can deliver yet; the terminal is added`,
      {
        place: decoding.ground.locate(['notify', 'route', severity]),
        expected: 'at least one webhook, alertmanager or terminal channel that works',
      },
    ),
  );
  return [...names, TERMINAL.name];
};

const decodeRoutes = (decoding: Decoding, text: SiteText, channels: readonly Channel[]): Routes => {
  const all = channels.map((channel) => channel.name);
  // A channel whose declaration is wrong is a channel all the same: that mistake was told already.
  const declaredNames = Object.keys(valueAt(decoding.ground.tree, ['notify']) ?? {}).filter((name) => name !== 'route');
  const known = [...new Set([...declaredNames, ...all])];
  const routeOf = (severity: Severity): readonly string[] => {
    const declared = text.notify?.route?.[severity];
    const names = declared ?? (severity === 'SEV4' ? [] : all);
    for (const [index, name] of names.entries())
      if (!known.includes(name))
        decoding.problems.push(
          unknownName(decoding.ground, ['notify', 'route', severity, index], name, { noun: 'a channel', names: known }),
        );
    return withFallback(decoding, severity, names, channels);
  };
  const [sev1, sev2, sev3, sev4] = SEVERITIES.map(routeOf);
  return { SEV1: sev1 ?? [], SEV2: sev2 ?? [], SEV3: sev3 ?? [], SEV4: sev4 ?? [] };
};

/** Channels and routes. Undeclared severities SEV1 to SEV3 go to every channel, SEV4 to none. */
export const decodeNotify = (decoding: Decoding, text: SiteText): { channels: readonly Channel[]; routes: Routes } => {
  const { route, ...texts } = text.notify ?? {};
  void route;
  const declared = Object.entries(texts).map(([name, channel]) => decodeChannel(decoding, name, channel));
  const isThere = declared.some((channel) => channel.name === TERMINAL.name);
  const channels = isThere ? declared : [...declared, TERMINAL];
  return { channels, routes: decodeRoutes(decoding, text, channels) };
};

export const decodeHeartbeat = (decoding: Decoding, text: SiteText['heartbeat']): Site['heartbeat'] => {
  if (text === undefined) return null;
  const why = whyMissing(decoding, ['heartbeat']);
  if (why === null) return { url: text.url, everyMs: text.every ?? HEARTBEAT_EVERY_DEFAULT };
  decoding.warnings.push(
    problem('config-secret-missing', `the heartbeat cannot be sent: ${why}`, {
      place: decoding.ground.locate(['heartbeat']),
    }),
  );
  return null;
};
